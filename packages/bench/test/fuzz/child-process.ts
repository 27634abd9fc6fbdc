import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A case for the process that checks. */
export interface Question {
  readonly target: string;
  readonly input: unknown;
}

/** What became of it. */
export type Answer =
  | { readonly outcome: string; readonly milliseconds: number; readonly peakBytes: number }
  | { readonly fault: string };

/** A process that checks cases, and is begun anew after one that ended or blocked it. */
export interface Checker {
  ask(question: Question): Promise<Answer>;
  close(): void;
}

/** A case takes milliseconds; on a busy machine the slowest take seconds. */
const MOST_SECONDS = 30;
const MOST_MEBIBYTES = 1024;

/** @param script the bundled child.ts */
export function checker(script: string): Checker {
  const folder = mkdtempSync(join(tmpdir(), 'distill-fuzz-'));
  let child: ChildProcess | undefined;
  let said = '';

  const begin = (): ChildProcess => {
    said = '';
    const begun = fork(script, [folder], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${MOST_MEBIBYTES}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    begun.stderr?.on('data', (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(-4000);
    });
    return begun;
  };

  return {
    ask: (question) =>
      new Promise((resolve) => {
        const asked = (child ??= begin());
        const done = (answer: Answer, isLost: boolean): void => {
          clearTimeout(timer);
          asked.removeAllListeners();
          if (isLost) {
            asked.kill('SIGKILL');
            child = undefined;
          }
          resolve(answer);
        };
        const timer = setTimeout(() => {
          done({ fault: `no answer in ${MOST_SECONDS} seconds\n${said}` }, true);
        }, 1000 * MOST_SECONDS);
        asked.once('message', (answer: Answer) => {
          done(answer, false);
        });
        asked.once('exit', (code, signal) => {
          done({ fault: `the process ended with ${String(code ?? signal)}\n${said}` }, true);
        });
        asked.send(question);
      }),
    close() {
      child?.kill('SIGKILL');
      child = undefined;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
