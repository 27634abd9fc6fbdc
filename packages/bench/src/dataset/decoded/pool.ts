import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { prepare } from './prepare.js';
import type { Prepared, PrepareJob, PrepareSettings } from './prepare.js';

/** Fewer images are decoded sooner than threads start. */
const WORTH_THREADS = 48;
const MOST_THREADS = 16;

/**
 * Prepares images, in threads where there are many.
 *
 * @param load makes the job of an index, when its turn comes
 * @param done awaited before the lane continues; results come in no particular order
 * @param script the threads' program. Default: the built package's; where it is missing, this thread does the work.
 * @returns when all are done, or when the signal ended the work
 */
export async function prepareAll(
  count: number,
  load: (place: number) => Promise<PrepareJob>,
  settings: PrepareSettings,
  done: (place: number, prepared: Prepared) => Promise<void>,
  {
    signal,
    script = workerScript(),
  }: { readonly signal?: AbortSignal | undefined; readonly script?: URL | undefined } = {},
): Promise<void> {
  const threads =
    count < WORTH_THREADS || script === undefined ? 0 : Math.min(MOST_THREADS, availableParallelism());
  const lanes =
    threads === 0
      ? [{ run: (job: PrepareJob) => prepare(job, settings), close: () => Promise.resolve(0) }]
      : Array.from({ length: threads }, () => thread(script as URL, settings));
  let next = 0;
  let failed = false;
  const work = async ({ run }: (typeof lanes)[number]): Promise<void> => {
    try {
      while (next < count && !failed && signal?.aborted !== true) {
        const place = next++;
        await done(place, await run(await load(place)));
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  // All lanes finish before anything is closed.
  const outcomes = await Promise.allSettled(lanes.map(work));
  await Promise.all(lanes.map(({ close }) => close()));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

interface Lane {
  run(job: PrepareJob): Promise<Prepared>;
  close(): Promise<number>;
}

function thread(script: URL, settings: PrepareSettings): Lane {
  const worker = new Worker(script, { workerData: settings });
  let settle: { resolve(prepared: Prepared): void; reject(error: unknown): void } | undefined;
  let dead: Error | undefined;
  worker.on('message', (message: Prepared | { readonly failure: string }) => {
    if ('failure' in message) settle?.reject(new Error(message.failure));
    else settle?.resolve(message);
  });
  const die = (error: Error): void => {
    dead ??= error;
    settle?.reject(error);
  };
  worker.on('error', die);
  worker.on('exit', (code) => {
    die(new Error(`A decoding thread ended with code ${code}.`));
  });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        if (dead === undefined) worker.postMessage(job);
        else reject(dead);
      }),
    close: () => worker.terminate(),
  };
}

/** Beside this file in a build, or one folder above for the entries of readers; sources have none. */
function workerScript(): URL | undefined {
  // CommonJS builds have no import.meta.
  const here = typeof __filename === 'string' ? pathToFileURL(__filename).href : import.meta.url;
  return ['./decode-worker.js', '../decode-worker.js']
    .map((path) => new URL(path, here))
    .find((url) => url.protocol === 'file:' && existsSync(fileURLToPath(url)));
}
