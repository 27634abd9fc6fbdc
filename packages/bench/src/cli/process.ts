import { setFlagsFromString } from 'node:v8';

/* Exit codes, signals and V8 settings of the command line's process. */

/** Exit codes of `distill-bench`, for scripts. */
export const EXIT = {
  done: 0,
  /** Something failed: the message says what. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C (as shells report SIGINT); `--resume` continues. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The first Ctrl-C, or a SIGTERM or SIGHUP, ends a training after the current step, with everything saved; a second Ctrl-C kills
 * the process as usual.
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
 * Makes full garbage collections rarer: a training's heap may grow to several times its live size before V8 marks it.
 *
 * A step leaves a few objects that outlive the young generation, in a heap of some 30 MB. By default V8 lets such a heap grow by a third
 * and marks it several times a second. That takes a quarter of another CPU, on which the next training runs.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=400');
}
