import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { relativeDifference } from '../kernels/backends.js';

/** The values that `run` gives on a backend. */
export async function valuesOn(backend: string, run: () => tf.Tensor): Promise<ArrayLike<number>> {
  await tf.setBackend(backend);
  return tf.tidy(() => run().dataSync());
}

/** Expects of `run` on wasm the values that it gives on cpu, up to 1e-5 of the largest, and nothing left over. */
export async function expectAsOnCpu(run: () => tf.Tensor, what: unknown): Promise<void> {
  const expected = await valuesOn('cpu', run);
  await tf.setBackend('wasm');
  const { numTensors, numDataBuffers } = tf.memory();
  const got = await valuesOn('wasm', run);
  expect(relativeDifference(got, expected), JSON.stringify(what)).toBeLessThan(1e-5);
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
}
