import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { distill, kd, resolveEngine } from '../../src/index.js';
// Not by way of the index: the suite in there needs vitest.
import { tinyDataset } from '../../src/testing/tiny-dataset.js';
import { tinyNetwork } from '../../src/testing/tiny-network.js';

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

declare global {
  // How the test calls the page.
  var trainInPage: ((engine: string) => Promise<PageResult>) | undefined;
}

if ('document' in globalThis) {
  setWasmPaths('/wasm/');
  await tf.ready();
  globalThis.trainInPage = trainOn;
}
