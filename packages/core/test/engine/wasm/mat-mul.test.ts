import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadBackends, tensor } from '../kernels/backends.js';
import { expectAsOnCpu, valuesOn } from './compare.js';

beforeAll(loadBackends);

/** Batch of a, batch of b, m, k, n. */
const shapes: [number[], number[], number, number, number][] = [
  [[], [], 1, 3, 5],
  [[], [], 4, 1, 8],
  [[], [], 7, 9, 6],
  [[], [], 37, 65, 33],
  [[3], [3], 5, 4, 9],
  [[2, 3], [2, 3], 8, 16, 3],
  [[3], [1], 6, 5, 4],
  [[1], [4], 9, 2, 10],
  [[2, 1], [1, 3], 5, 3, 4],
  [[], [], 1, 9, 1],
  [[], [], 11, 7, 1],
  [[3], [3], 8, 9, 1],
  [[3], [1], 6, 4, 1],
  [[1], [3], 5, 6, 1],
  [[3], [3], 1, 9, 10],
  [[3], [1], 1, 5, 6],
];

describe.each(shapes)('matrix product of %j and %j, %i x %i x %i on wasm', (aBatch, bBatch, m, k, n) => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('transposed %s, %s: equal to cpu', async (transposeA, transposeB) => {
    await expectAsOnCpu(
      () =>
        tf.matMul(
          tensor([...aBatch, ...(transposeA ? [k, m] : [m, k])], 1),
          tensor([...bBatch, ...(transposeB ? [n, k] : [k, n])], 2),
          transposeA,
          transposeB,
        ),
      { transposeA, transposeB },
    );
  });
});

test('rows that are no whole tile read nothing of the rows after them', async () => {
  await tf.setBackend('wasm');
  const product = tf.tidy(() => {
    const a = tf.concat([tf.ones([2, 5, 3]), tf.fill([2, 5, 3], NaN)]);
    return tf.matMul(a, tf.ones([4, 3, 3]));
  });
  const finite = await valuesOn('wasm', () => tf.isFinite(product));
  expect([...(finite as Uint8Array)].map(Boolean)).toEqual(Array.from({ length: 60 }, (_, i) => i < 30));
  product.dispose();
});
