import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** A case takes milliseconds, the slowest seconds: of the processor, since a busy machine may make it wait for long. */
const MOST_SECONDS = 30;
/** For a case that waits for something that never comes, without any work. */
const MOST_IDLE_SECONDS = 120;
const MOST_MEBIBYTES = 1024;

/** @param script the bundled child.ts */
export function checker(script: string): Checker {
  const folder = mkdtempSync(join(tmpdir(), 'distill-fuzz-'));
  let child: ChildProcess | undefined;
  let said = '';
  let timer: NodeJS.Timeout | undefined;

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
          clearInterval(timer);
          asked.removeAllListeners();
          if (isLost) {
            asked.kill('SIGKILL');
            child = undefined;
          }
          resolve(answer);
        };
        const [askedAt, usedBefore] = [performance.now(), processorSeconds(asked.pid)];
        let [used, lastWork] = [0, askedAt];
        timer = setInterval(() => {
          const now = performance.now();
          const usedNow = processorSeconds(asked.pid) - usedBefore;
          if (usedNow > used) [used, lastWork] = [usedNow, now];
          if (used < MOST_SECONDS && now - lastWork < 1000 * MOST_IDLE_SECONDS) return;
          const waited = ((now - askedAt) / 1000).toFixed(0);
          done({ fault: `no answer in ${waited} seconds, ${used.toFixed(0)} of work\n${said}` }, true);
        }, 1000);
        asked.once('message', (answer: Answer) => {
          done(answer, false);
        });
        asked.once('exit', (code, signal) => {
          done({ fault: `the process ended with ${String(code ?? signal)}\n${said}` }, true);
        });
        asked.send(question);
      }),
    close() {
      // A case that is under way is given up: its end is no fault.
      clearInterval(timer);
      child?.removeAllListeners();
      child?.kill('SIGKILL');
      child = undefined;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a process has worked so far, where the system tells; else 0, so that only waiting is bounded. */
function processorSeconds(pid: number | undefined): number {
  try {
    const [user, system] =
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
    // Ticks of the kernel, a hundred a second on every Linux.
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}
