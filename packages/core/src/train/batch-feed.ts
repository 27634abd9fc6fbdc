/** The batches of an epoch or an evaluation: each is loaded while the work on the one before it is under way. */
export interface BatchFeed {
  /**
   * Waits for a batch, works on it, and has the next one loaded meanwhile.
   *
   * @param batch its number; the next is the one after it
   * @returns what `work` gives; undefined when the signal ended the wait for the batch
   * @throws whatever loading this batch, or `work`, throws
   */
  run<T>(batch: number, work: (pixels: Float32Array) => Promise<T>): Promise<T | undefined>;
}

type Loaded = Float32Array | Promise<Float32Array>;

/**
 * What a dataset has at hand is prepared once the work is under way, while the device computes. What it has to read is asked
 * for before: an engine that computes in JavaScript's thread leaves the reading to other threads meanwhile.
 *
 * @param load what a batch holds must depend on its number alone
 * @param count of batches
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

/** An error waits until its batch is asked for: the work before it goes on. */
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

/** What was waited for; undefined when the signal ended the wait. */
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
