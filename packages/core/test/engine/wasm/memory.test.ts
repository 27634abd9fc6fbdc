import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { resolveEngine } from '../../../src/index.js';

test('a tensor beyond the memory of wasm is an error that says its size; other tensors are intact', async () => {
  await resolveEngine('wasm');
  const before = tf.tensor1d([1, 2, 3]);
  const { numTensors } = tf.memory();
  const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): unknown };
  expect(() => backend.makeOutput([2 ** 30, 8], 'float32')).toThrow(
    /^engine 'wasm': expected memory for a tensor of 32,768 MiB, got a memory of [\d,]+ MiB, which grows to 4,096 MiB/,
  );
  // Memory that is promised but not written costs nothing.
  expect(() => {
    for (let i = 0; i < 9; i++) backend.makeOutput([2 ** 27], 'float32');
  }).toThrow(/expected memory for a tensor of 512 MiB/);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect([...before.dataSync()]).toEqual([1, 2, 3]);
});
