import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { distill, kd, resolveEngine } from '../../src/index.js';
import { deferred } from '../../src/platform/deferred.js';
// Not by way of the index: the suite in there needs vitest.
import { tinyDataset } from '../../src/testing/tiny-dataset.js';
import { tinyNetwork } from '../../src/testing/tiny-network.js';
import { createDistillWorker } from '../../src/worker/index.js';
import { tinyInput } from '../worker/job.js';
import type { TinyInput, TinyOutput } from '../worker/job.js';

/** What the page came to on one engine. */
export interface PageResult {
  readonly engine: string;
  readonly version: string;
  readonly weights: readonly number[];
  readonly losses: readonly number[];
}

/** Two epochs of KD on tiny networks: the same in a page and in Node. */
export async function trainOn(engine: string): Promise<PageResult> {
  const resolved = await resolveEngine(engine);
  const [teacher, student] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2, { width: 2 })];
  const result = await distill({
    teacher,
    students: [student],
    method: kd(),
    train: tinyDataset(12, 1),
    epochs: 2,
    batchSize: 4,
    seed: 1,
  });
  const weights: number[] = [];
  for (const variable of Object.values(student.variables)) weights.push(...(await variable.data()));
  const losses = result.history.map(({ terms }) => terms['ce']?.value ?? NaN);
  result.dispose();
  for (const network of [teacher, student]) network.dispose();
  return { engine: resolved.name, version: resolved.version, weights, losses };
}

/** What a training in a worker of the page came to. */
export interface WorkerOutcome {
  /** Steps that were done when it began. */
  readonly from: number;
  readonly weights: readonly number[];
  /** What its engine says of itself. */
  readonly version: string | undefined;
}

/**
 * Trains in a worker, with checkpoints in IndexedDB.
 *
 * @param pauseAt steps after which it pauses and is left so, for a reload
 */
async function trainInWorker(
  epochs: number,
  pauseAt = Infinity,
  threads?: number,
): Promise<WorkerOutcome | undefined> {
  let from = -1;
  let paused: Promise<void> | undefined;
  const { promise, resolve } = deferred();
  const training = createDistillWorker<TinyInput, TinyOutput>(new Worker('/worker.js', { type: 'module' }), {
    input: tinyInput(epochs),
    threads,
    checkpoints: { place: 'tiny', everySteps: 100 },
    onProgress: ({ kind, done }) => {
      if (from < 0 && kind === 'start') from = done;
      if (kind === 'step' && done >= pauseAt) paused ??= training.pause().then(resolve);
    },
  });
  if ((await Promise.race([training.result, promise])) === undefined) return undefined;
  const { students, output } = await training.result;
  const weights = [...new Uint8Array(students[0]?.artifacts.weightData as ArrayBuffer)];
  return { from, weights, version: output.version };
}

declare global {
  // How the test calls the page.
  var trainInPage: ((engine: string) => Promise<PageResult>) | undefined;
  var trainInPageWorker: typeof trainInWorker | undefined;
}

if ('document' in globalThis) {
  setWasmPaths('/wasm/');
  await tf.ready();
  globalThis.trainInPage = trainOn;
  globalThis.trainInPageWorker = trainInWorker;
}
