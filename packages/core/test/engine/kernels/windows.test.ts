import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../../../src/engine/kernels/register.js';
import { expectAsOnCpu, valuesOn } from '../wasm/compare.js';
import { loadBackends, tensor } from './backends.js';

beforeAll(async () => {
  await loadBackends();
  registerTrainingKernels();
});

describe.each(['cpu', 'wasm'])('gradient of average pooling on %s', (backend) => {
  test("'same' padding: a window shares its gradient among the pixels inside the input", async () => {
    // Windows [a, b] and [c] of a row of three: a and b get half of 1 each, c all of 2.
    const gradient = (): tf.Tensor =>
      tf.grad((x) => tf.avgPool(x as tf.Tensor4D, [1, 2], 2, 'same'))(
        tf.zeros([1, 1, 3, 1]),
        tf.tensor4d([1, 2], [1, 1, 2, 1]),
      );
    expect(Array.from(await valuesOn(backend, gradient))).toEqual([0.5, 0.5, 2]);
  });

  test('of volumes too', async () => {
    const gradient = (): tf.Tensor =>
      tf.grad((x) => tf.avgPool3d(x as tf.Tensor5D, [2, 1, 2], 2, 'same'))(
        tf.zeros([1, 1, 1, 3, 1]),
        tf.tensor5d([1, 2], [1, 1, 1, 2, 1]),
      );
    expect(Array.from(await valuesOn(backend, gradient))).toEqual([0.5, 0.5, 2]);
  });

  test('the gradient of a sum is the sum of the shares: each window hands on what it gets', async () => {
    for (const [window, strides] of [
      [3, 1],
      [3, 2],
      [2, 3],
      [5, 2],
    ] as const) {
      const pool = (x: tf.Tensor): tf.Tensor => tf.avgPool(x as tf.Tensor4D, window, strides, 'same');
      const total = await valuesOn(backend, () => {
        const x = tensor([2, 7, 6, 3], 1);
        return tf.sub(tf.sum(tf.grad(pool)(x)), tf.sum(tf.onesLike(pool(x))));
      });
      expect(Math.abs(total[0] ?? NaN)).toBeLessThan(1e-3);
    }
  });
});

type Window = (x: tf.Tensor4D) => tf.Tensor;
const windows = (
  size: [number, number],
  strides: [number, number],
  pad: 'same' | 'valid',
  c: number,
): Window[] => [
  (x) => tf.conv2d(x, tensor([...size, c, 4], 2), strides, pad),
  (x) => tf.depthwiseConv2d(x, tensor([...size, c, 2], 2), strides, pad),
  (x) => tf.fused.conv2d({ x, filter: tensor([...size, c, 4], 2), strides, pad, activation: 'elu' }),
  (x) =>
    tf.fused.depthwiseConv2d({ x, filter: tensor([...size, c, 2], 2), strides, pad, activation: 'relu' }),
  (x) => tf.maxPool(x, size, strides, pad),
  (x) => tf.avgPool(x, size, strides, pad),
];

const sizes: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 2],
  [1, 3],
  [5, 5],
];

describe.each(sizes)('windows of %i×%i on wasm equal cpu, gradients too', (...size) => {
  test.each(['same', 'valid'] as const)(
    '%s, strides below and above the window, few and no columns',
    async (pad) => {
      for (const strides of [
        [1, 1],
        [2, 2],
        [3, 3],
        [2, 1],
        [1, 4],
      ] as [number, number][])
        for (const shape of [
          [2, 5, 6, 3],
          [1, 4, 2, 1],
          [1, 7, 1, 2],
          [1, 1, 1, 1],
        ])
          for (const [which, op] of windows(size, strides, pad, shape[3] ?? 1).entries()) {
            const what = { strides, shape, which };
            const outShape = tf.tidy(() => op(tensor(shape, 1)).shape);
            if (outShape.some((length) => length <= 0)) {
              await tf.setBackend('wasm');
              expect(
                tf.tidy(() => op(tensor(shape, 1)).dataSync().length),
                JSON.stringify(what),
              ).toBe(0);
              continue;
            }
            await expectAsOnCpu(() => op(tensor(shape, 1)), what);
            if (which === 2 || which === 3) continue;
            await expectAsOnCpu(
              () => tf.grad(op as (x: tf.Tensor) => tf.Tensor)(tensor(shape, 1), tensor(outShape, 9)),
              what,
            );
          }
    },
  );
});

test('one number of padding is refused where window or strides are not square', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const x = tensor<tf.Rank.R4>([1, 6, 6, 2], 1);
    const square = tf.conv2d(x, tensor([3, 3, 2, 2], 2), 1, 1);
    expect(square.shape).toEqual([1, 6, 6, 2]);
    expect(() => tf.conv2d(x, tensor([5, 3, 2, 2], 2), 1, 1)).toThrow(
      /Conv2D on wasm: expected padding .*, got the padding 1/,
    );
    expect(() => tf.maxPool(x, [3, 2], 1, 1)).toThrow(/MaxPool on wasm: expected padding/);
    expect(() => tf.depthwiseConv2d(x, tensor([3, 3, 2, 1], 2), [1, 2], 1)).toThrow(/expected padding/);
  });
});

test('an empty window has a gradient of zeros', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const attrs = { strides: 1, pad: 'valid', inputShape: [1, 2, 2, 1] };
    const inputs = { dy: tf.zeros([1, 0, 0, 1]), filter: tf.ones([3, 3, 1, 1]) };
    for (const name of [tf.Conv2DBackpropInput, tf.DepthwiseConv2dNativeBackpropInput]) {
      const dx = tf.engine().runKernel<tf.Tensor>(name, inputs, attrs);
      expect([...dx.dataSync()]).toEqual([0, 0, 0, 0]);
    }
  });
});

test('bool tensors are reversed without writing beyond them', async () => {
  await expectAsOnCpu(() => tf.reverse(tf.tensor1d([1, 0, 0, 1, 1, 0, 0], 'bool')), 'bool');
});
