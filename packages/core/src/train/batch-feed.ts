/** The batches of an epoch or an evaluation. Each is loaded while the previous one is being processed. */
export interface BatchFeed {
  /**
   * Waits for a batch, runs `work` on it, and loads the next one at the same time.
   *
   * @param batch number of the batch
   * @returns the result of `work`; undefined if the signal ended the wait for the batch
   * @throws whatever loading this batch or `work` throws
   */
  run<T>(batch: number, work: (pixels: Float32Array) => Promise<T>): Promise<T | undefined>;
}

type Loaded = Float32Array | Promise<Float32Array>;

/**
 * A batch available synchronously is prepared after `work` has started, while the device computes. A batch that
 * must be read is requested before `work` starts, so that other threads read while an engine computes in the
 * JavaScript thread.
 *
 * @param load loads a batch, whose content must depend on its number alone
 * @param count number of batches
 */
export function batchFeed(
  load: (batch: number) => Loaded,
  count: number,
  signal: AbortSignal | undefined,
): BatchFeed {
  let ahead: { readonly batch: number; readonly pixels: Loaded } | undefined;
  const fetch = (batch: number): void => {
    if (batch < count) ahead = { batch, pixels: attempt(() => load(batch)) };
  };
  return {
    async run(batch, work) {
      if (ahead?.batch !== batch) fetch(batch);
      const loaded = ahead?.pixels as Loaded;
      const pixels = await unlessAborted(loaded, signal);
      if (pixels === undefined) return undefined;
      ahead = undefined;
      const isRead = loaded instanceof Promise;
      if (isRead) fetch(batch + 1);
      const working = work(pixels);
      if (!isRead) fetch(batch + 1);
      return working;
    },
  };
}

/** Defers an error until its batch is requested, so that work on the current batch continues. */
function attempt(load: () => Loaded): Loaded {
  try {
    const loaded = load();
    if (loaded instanceof Promise) loaded.catch(() => undefined);
    return loaded;
  } catch (error) {
    const failed = Promise.resolve().then((): never => {
      throw error;
    });
    failed.catch(() => undefined);
    return failed;
  }
}

/** The awaited value; undefined if the signal ended the wait. */
export async function unlessAborted<T>(
  pending: T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined || !(pending instanceof Promise)) return pending;
  let stop: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
