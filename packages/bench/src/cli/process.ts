import { setFlagsFromString } from 'node:v8';

/* What the command line asks of its process and tells the one that started it. */

/** Exit codes of `distill-bench`, for scripts. */
export const EXIT = {
  done: 0,
  /** Something failed: the message says what. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C (as shells report SIGINT); `--resume` goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The first Ctrl-C, or a SIGTERM or SIGHUP, ends a training at a step's end, with everything saved; a second Ctrl-C kills the
 * process as usual.
 *
 * @param say tells the user
 */
export function stopSignal(say: (text: string) => void): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    say('Stopping after this step; press Ctrl-C again to stop at once.');
    stop.abort();
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  return stop.signal;
}

/**
 * Lets the heap of a training grow to several times what lives in it before all of it is marked.
 *
 * A step leaves a little behind that outlives the young generation, in a heap of some 30 MB. V8 by itself lets such a heap grow by a
 * third, marks it several times a second, and takes a quarter of another processor for that: one on which the next training runs.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=400');
}
