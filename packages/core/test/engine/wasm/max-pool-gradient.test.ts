import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { loadBackends, tensor } from '../kernels/backends.js';
import { expectAsOnCpu, valuesOn } from './compare.js';

beforeAll(loadBackends);

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

const windows: [number, number][] = [
  [2, 2],
  [3, 3],
  [1, 1],
  [3, 2],
];
const strides: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 1],
];
const explicit: Padding = [
  [0, 0],
  [1, 0],
  [0, 1],
  [0, 0],
];
const shapes = [
  [1, 6, 6, 4],
  [3, 7, 5, 3],
  [2, 5, 8, 18],
];

function gradient(x: tf.Tensor, window: [number, number], stride: [number, number], pad: Padding): tf.Tensor {
  const pool = (input: tf.Tensor): tf.Tensor => tf.maxPool(input as tf.Tensor4D, window, stride, pad);
  return tf.grad(pool)(x, tensor(pool(x).shape, 7));
}

test.each(windows)('window %ix%i: equal to cpu for every stride, padding and shape', async (...window) => {
  for (const stride of strides)
    for (const pad of ['same', 'valid', explicit] as const)
      for (const shape of shapes) {
        const run = (): tf.Tensor => gradient(tensor(shape, 3), window, stride, pad);
        await expectAsOnCpu(run, { window, stride, pad, shape });
      }
});

test('of equal numbers the first gets the gradient', async () => {
  const equal = (): tf.Tensor => gradient(tf.zeros([1, 4, 4, 5]), [2, 2], [2, 2], 'valid');
  await expectAsOnCpu(equal, 'zeros');
  const given = Array.from(await valuesOn('wasm', equal), (value, i) =>
    value === 0 ? -1 : Math.floor(i / 5),
  );
  expect([...new Set(given)].filter((pixel) => pixel >= 0)).toEqual([0, 2, 8, 10]);
});

test('NaN is never the largest', async () => {
  const x = (): tf.Tensor => tf.tensor4d([NaN, 1, 2, 0, NaN, NaN, NaN, NaN], [2, 2, 2, 1]);
  const run = (): tf.Tensor => tf.abs(tf.sign(gradient(x(), [2, 2], [2, 2], 'valid')));
  await expectAsOnCpu(run, 'NaN');
  expect([...((await valuesOn('wasm', run)) as Float32Array)]).toEqual([0, 0, 1, 0, 0, 0, 0, 0]);
});
