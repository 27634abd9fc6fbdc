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
