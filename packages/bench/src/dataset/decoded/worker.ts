import { parentPort, workerData } from 'node:worker_threads';
import { prepare } from './prepare.js';
import type { PrepareJob, PrepareSettings } from './prepare.js';

/** The program of a decoding thread: answers each job with the result of {@link prepare}, or with `{ failure }`. */
const settings = workerData as PrepareSettings;
parentPort?.on('message', (job: PrepareJob) => {
  prepare(job, settings).then(
    (prepared) => {
      const own = 'pixels' in prepared ? [prepared.pixels.buffer as ArrayBuffer] : [];
      parentPort?.postMessage(prepared, own);
    },
    (error: unknown) => {
      parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) });
    },
  );
});
