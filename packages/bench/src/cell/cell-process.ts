import { spawn } from 'node:child_process';

/** Messages from a training process to its parent. */
export type CellMessage =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** The cell is done, and the process waits for another. */
  | { readonly kind: 'done' }
  /** The process has taken the next cell. */
  | { readonly kind: 'begun' };

/** Messages to a training process from its parent. */
export type CellOrder =
  /** The training ends after the current step unless another lease arrives within this time. */
  | { readonly kind: 'lease'; readonly milliseconds: number }
  /** The next cell, as arguments of `distill-bench`. */
  | { readonly kind: 'next'; readonly args: readonly string[] }
  /** There is no further cell. */
  | { readonly kind: 'end' };

/** How a cell ended. */
export interface ProcessEnd {
  /** `diverged`: its numbers stopped being finite; another attempt would not help. */
  readonly state: 'done' | 'failed' | 'diverged' | 'interrupted';
  readonly reason?: string | undefined;
  /** Code of the error that it reported. */
  readonly code?: string | undefined;
}

/** A running cell. */
export interface CellProcess {
  readonly ended: Promise<ProcessEnd>;
  /** Ends it after the current step, with its checkpoint saved. */
  stop(): void;
  /** Ends it at once: it writes nothing more. */
  kill(): void;
  lease(milliseconds: number): void;
}

export interface CellCommand {
  /** `['train', RUN, CELL, …]`, or `['report', RUN]`. */
  readonly args: readonly string[];
  /** Environment variables in addition to this process's own; undefined ones are removed. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly say: (text: string) => void;
  /** @param share of the cell's work, from 0 to 1 */
  readonly progress: (share: number) => void;
}

/** Processes that each train cells one after the other. */
export interface CellProcesses {
  /** Starts a cell, in an idle process of the same run and variables if there is one, else in a new one. */
  start(command: CellCommand): CellProcess;
  /** Ends the idle processes. */
  end(): Promise<void>;
}

/** Index of the cell among the arguments. */
export const CELL = 2;

/** The exit code of a training that ended early with its checkpoint saved. */
const INTERRUPTED = 130;

/** How long a process waits for a cell, and how long it may take to end, in milliseconds. */
const IDLE = 60_000;
const LONGEST_END = 10_000;

/**
 * A process that finished a cell keeps its prepared data and waits for the next cell. A process ends and is replaced if its cell failed or
 * was stopped, or if it holds too much memory.
 *
 * @param script a script that takes the arguments of `distill-bench`
 */
export function cellProcesses(script: string): CellProcesses {
  const idle = new Set<Trainer>();
  const endIdle = async (): Promise<void> => {
    await Promise.all([...idle].map((each) => each.end()));
  };
  return {
    end: endIdle,
    start(command) {
      const key = JSON.stringify([command.args.filter((_, at) => at !== CELL), command.variables]);
      let isToEnd = false;
      const isOver = (): boolean => isToEnd;
      let trainer: Trainer | undefined;
      const work = async (): Promise<ProcessEnd> => {
        while (!isOver()) {
          trainer = [...idle].find((each) => each.key === key);
          // Idle and new processes together might exceed the memory, or occupy a GPU twice.
          if (trainer === undefined) await endIdle();
          if (isOver()) break;
          trainer ??= startTrainer(script, key, command, idle);
          const end = await trainer.train(command);
          trainer = undefined;
          if (end !== undefined) return end;
        }
        return { state: 'interrupted' };
      };
      return {
        ended: work(),
        stop() {
          isToEnd = true;
          trainer?.stop();
        },
        kill() {
          isToEnd = true;
          trainer?.kill();
        },
        lease: (milliseconds) => trainer?.lease(milliseconds),
      };
    },
  };
}

/** A process that trains. */
interface Trainer extends Omit<CellProcess, 'ended'> {
  /** Trainers with the same key are interchangeable. */
  readonly key: string;
  /** Trains the cell it was started with, then others. @returns undefined where it ended before it took the cell */
  train(command: CellCommand): Promise<ProcessEnd | undefined>;
  /** Ends it if it is idle. */
  end(): Promise<void>;
}

/** The cell that a process works on. */
interface Work extends Pick<CellCommand, 'say' | 'progress'> {
  isBegun: boolean;
  isStopped: boolean;
  failure?: CellMessage & { readonly kind: 'failed' };
  readonly settle: (end: ProcessEnd | undefined) => void;
}

/** @param idle contains the trainer while it waits for a cell */
function startTrainer(
  script: string,
  key: string,
  { args: first, variables }: CellCommand,
  idle: Set<Trainer>,
): Trainer {
  const child = spawn(process.execPath, [...process.execArgv, script, ...first], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let work: Work | undefined;
  let isNew = true;
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  const order = (message: CellOrder): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  const settle = (end: ProcessEnd | undefined): void => {
    const { settle: settleWork } = work ?? {};
    work = undefined;
    settleWork?.(end);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  child.on('message', (message) => {
    if (!isMessage(message) || work === undefined) return;
    if (message.kind === 'say') work.say(message.text);
    else if (message.kind === 'progress') work.progress(message.share);
    else if (message.kind === 'failed') work.failure = message;
    else if (message.kind === 'begun') work.isBegun = true;
    else {
      idle.add(trainer);
      timer = setTimeout(() => void trainer.end(), IDLE);
      settle({ state: 'done' });
    }
  });
  const closed = new Promise<void>((resolve) => {
    const close = (end: ProcessEnd): void => {
      idle.delete(trainer);
      clearTimeout(timer);
      settle(work?.isBegun === false ? undefined : end);
      resolve();
    };
    child.on('error', ({ message }) => {
      close({ state: 'failed', reason: message });
    });
    child.on('close', (code, killedBy) => {
      close(endOf(work, code, killedBy === null ? lastLine(errors) : `ended by ${killedBy}`));
    });
  });
  const trainer: Trainer = {
    key,
    async train({ args, say, progress }) {
      idle.delete(trainer);
      clearTimeout(timer);
      const ended = new Promise<ProcessEnd | undefined>((resolve) => {
        work = { say, progress, isBegun: isNew, isStopped: false, settle: resolve };
      });
      errors = '';
      if (!isNew) order({ kind: 'next', args });
      isNew = false;
      return await ended;
    },
    async end() {
      if (!idle.delete(trainer)) return;
      const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_END);
      // Node emits no `close` once this side has disconnected.
      order({ kind: 'end' });
      await closed;
      clearTimeout(late);
    },
    stop() {
      if (work !== undefined) work.isStopped = true;
      child.kill('SIGTERM');
    },
    kill: () => void child.kill('SIGKILL'),
    lease(milliseconds) {
      order({ kind: 'lease', milliseconds });
    },
  };
  return trainer;
}

const isMessage = (value: unknown): value is CellMessage =>
  typeof value === 'object' && value !== null && 'kind' in value;

function endOf(work: Work | undefined, code: number | null, reason: string): ProcessEnd {
  const { failure } = work ?? {};
  if (code === 0) return { state: 'done' };
  if (failure !== undefined) {
    const state = failure.code === 'numeric' ? 'diverged' : 'failed';
    return { state, reason: failure.message, code: failure.code };
  }
  // It may also have ended by itself when its lease expired.
  if (work?.isStopped === true || code === INTERRUPTED) return { state: 'interrupted' };
  return { state: 'failed', reason };
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1)
    ?.replace(/^Error: /, '') ?? 'it said nothing';
