import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectAsOnCpu, valuesOn } from '../wasm/compare.js';
import { loadBackends, tensor } from './backends.js';

beforeAll(loadBackends);

type Triple = [number, number, number];
const paddings = ['same', 'valid'] as const;
const windows: [Triple, Triple][] = [
  [
    [2, 2, 2],
    [2, 2, 2],
  ],
  [
    [3, 2, 1],
    [1, 2, 3],
  ],
  [
    [1, 1, 1],
    [1, 1, 1],
  ],
  [
    [1, 1, 1],
    [2, 3, 2],
  ],
  [
    [2, 3, 2],
    [3, 1, 2],
  ],
];
const shapes: number[][] = [
  [2, 5, 6, 4, 3],
  [1, 4, 7, 5, 1],
  [1, 3, 3, 3, 2],
];

type Op = (...given: tf.Tensor[]) => tf.Tensor;

async function expectValueAndGradients(op: Op, given: () => tf.Tensor[], what: unknown): Promise<void> {
  await expectAsOnCpu(() => op(...given()), what);
  const inputs = tf.tidy(() => given().length);
  for (let which = 0; which < inputs; which++)
    await expectAsOnCpu(
      () => {
        const values = given();
        return tf.grads(op)(values, tensor(op(...values).shape, 9))[which] as tf.Tensor;
      },
      { what, which },
    );
}

describe.each(windows)(
  'volumes on wasm, window %j with strides %j: equal to cpu, gradients too',
  (size, strides) => {
    const each =
      (test: (shape: number[], pad: 'same' | 'valid') => Promise<void>) => async (): Promise<void> => {
        for (const shape of shapes) for (const pad of paddings) await test(shape, pad);
      };

    test(
      'convolution',
      each(async (shape, pad) => {
        await expectValueAndGradients(
          (x, filter) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides, pad),
          () => [tensor(shape, 1), tensor([...size, shape[4] ?? 1, 2], 2)],
          { shape, pad },
        );
      }),
    );

    test(
      'maximum and mean',
      each(async (shape, pad) => {
        for (const pool of [tf.maxPool3d, tf.avgPool3d])
          await expectValueAndGradients(
            (x) => pool(x as tf.Tensor5D, size, strides, pad),
            () => [tensor(shape, 1)],
            { shape, pad },
          );
      }),
    );
  },
);

test('the maximum of negative numbers is negative; a window gives its gradient to the first of equal ones', async () => {
  const x = (): tf.Tensor5D => tf.tensor5d([-1, -4, -13, -2, -7, -7, -9, -7], [1, 2, 2, 2, 1]);
  expect([...Array.from(await valuesOn('wasm', () => tf.maxPool3d(x(), 2, 2, 'valid')))]).toEqual([-1]);
  const gradient = (): tf.Tensor =>
    tf.grad((v) => tf.maxPool3d(v as tf.Tensor5D, [1, 2, 2], [1, 2, 2], 'valid'))(x());
  expect(Array.from(await valuesOn('wasm', gradient))).toEqual([1, 0, 0, 0, 1, 0, 0, 0]);
});

test.each(['cpu', 'wasm'])(
  "'same' with strides above the window begins at the first row, on %s",
  async (backend) => {
    const x = (): tf.Tensor5D => tensor([1, 5, 5, 5, 2], 1);
    const read = await valuesOn(backend, () =>
      tf.stridedSlice(x(), [0, 0, 0, 0, 0], [1, 5, 5, 5, 2], [1, 3, 3, 3, 1]),
    );
    for (const pool of [tf.maxPool3d, tf.avgPool3d])
      expect(await valuesOn(backend, () => pool(x(), 1, 3, 'same'))).toEqual(read);
    const one = (): tf.Tensor5D => tf.reshape(tf.eye(2), [1, 1, 1, 2, 2]);
    expect(await valuesOn(backend, () => tf.conv3d(x(), one(), 3, 'same'))).toEqual(read);
  },
);
