import { spawn } from 'node:child_process';

/** What a training process tells the one that started it. */
export type CellMessage =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What the one that started it tells a training process. */
export interface LeaseMessage {
  readonly kind: 'lease';
  /** The training ends after the step under way unless another lease comes within so many milliseconds. */
  readonly milliseconds: number;
}

/** How a process ended. */
export interface ProcessEnd {
  /** `diverged`: its numbers stopped being finite, which another attempt would not change. */
  readonly state: 'done' | 'failed' | 'diverged' | 'interrupted';
  readonly reason?: string | undefined;
  /** Of the error that it told. */
  readonly code?: string | undefined;
}

export interface CellProcess {
  readonly ended: Promise<ProcessEnd>;
  /** Ends it after the step under way, with its checkpoint saved. */
  stop(): void;
  /** Ends it at once: it writes nothing more. */
  kill(): void;
  lease(milliseconds: number): void;
}

export interface CellCommand {
  /** A script that takes the arguments of `distill-bench`. */
  readonly script: string;
  /** E.g. `['train', RUN, CELL]`. */
  readonly args: readonly string[];
  /** On top of this process's own; an undefined one is left out. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly say: (text: string) => void;
  /** @param share of the cell's work, from 0 to 1 */
  readonly progress: (share: number) => void;
}

/** The exit code of a training that ended early with its checkpoint saved. */
const INTERRUPTED = 130;

const isMessage = (value: unknown): value is CellMessage =>
  typeof value === 'object' && value !== null && 'kind' in value;

/** Starts a command of `distill-bench` in a process of its own. */
export function startCell({ script, args, variables, say, progress }: CellCommand): CellProcess {
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let failure: (CellMessage & { readonly kind: 'failed' }) | undefined;
  let isStopped = false;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  child.on('message', (message) => {
    if (!isMessage(message)) return;
    if (message.kind === 'say') say(message.text);
    else if (message.kind === 'progress') progress(message.share);
    else failure = message;
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('error', (error) => {
      resolve({ state: 'failed', reason: error.message });
    });
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve({ state: 'done' });
      else if (failure !== undefined)
        resolve({
          state: failure.code === 'numeric' ? 'diverged' : 'failed',
          reason: failure.message,
          code: failure.code,
        });
      // It may also have ended itself, when its lease did.
      else if (isStopped || code === INTERRUPTED) resolve({ state: 'interrupted' });
      else
        resolve({ state: 'failed', reason: killedBy === null ? lastLine(errors) : `ended by ${killedBy}` });
    });
  });
  return {
    ended,
    stop() {
      isStopped = true;
      child.kill('SIGTERM');
    },
    kill: () => void child.kill('SIGKILL'),
    lease(milliseconds) {
      const message: LeaseMessage = { kind: 'lease', milliseconds };
      if (child.connected) child.send(message, () => undefined);
    },
  };
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1)
    ?.replace(/^Error: /, '') ?? 'it said nothing';
