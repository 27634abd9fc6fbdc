import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { winogradPlanes } from '../../../src/engine/wasm/winograd.js';
import { loadBackends, relativeDifference, tensor } from '../kernels/backends.js';
import { valuesOn } from './compare.js';

type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;
type Shape4D = [number, number, number, number];

const lopsided: Padding = [
  [0, 0],
  [1, 2],
  [3, 0],
  [0, 0],
];
/** Beyond the length of the filter: rows of the output that saw nothing but padding. */
const wide: Padding = [
  [0, 0],
  [4, 3],
  [3, 4],
  [0, 0],
];

beforeAll(loadBackends);

/** x by `filter`, and both gradients, on a backend. */
async function convolveOn(
  backend: string,
  [xShape, filterShape, pad]: [Shape4D, Shape4D, Padding],
): Promise<ArrayLike<number>[]> {
  const draw = (): [tf.Tensor4D, tf.Tensor4D] => [tensor(xShape, 3), tensor(filterShape, 5)];
  const convolve = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad);
  const gradients = (which: 0 | 1) => (): tf.Tensor => {
    const y = convolve(...draw());
    return tf.grads(convolve)(draw(), tensor(y.shape, 7))[which] as tf.Tensor;
  };
  const runs = [() => convolve(...draw()), gradients(0), gradients(1)];
  const values: ArrayLike<number>[] = [];
  for (const run of runs) values.push(await valuesOn(backend, run));
  return values;
}

function usesWinograd([images, height, width, channels]: Shape4D, n: number, out = [height, width]): boolean {
  const window = {
    kernel: [3, 3],
    stride: [1, 1],
    before: [1, 1],
    outSize: out as [number, number],
  } as const;
  return winogradPlanes(window, [images, height, width, channels], n) !== null;
}

describe('3x3 convolutions with many channels on wasm, by tiles', () => {
  // The odd ones: sizes that 4 does not divide, channels that 4 and 8 do not divide, one image, more than 64 channels.
  test.each<[string, Shape4D, number, Padding]>([
    ['whole tiles', [2, 16, 16, 16], 16, 'same'],
    ['whole tiles, valid', [2, 18, 18, 16], 16, 'valid'],
    ['odd sizes and channels', [2, 19, 23, 13], 21, 'same'],
    ['odd sizes, valid', [3, 17, 15, 18], 9, 'valid'],
    ['more padding on one side', [2, 15, 16, 17], 12, lopsided],
    ['more padding than the filter', [2, 14, 15, 16], 20, wide],
    ['one image', [1, 31, 33, 20], 15, 'same'],
    ['an image of one tile', [40, 4, 4, 24], 24, 'same'],
    ['several panels of channels', [5, 12, 11, 70], 67, 'same'],
  ])('%s: value and gradients equal to cpu', async (_name, xShape, n, pad) => {
    const filterShape: Shape4D = [3, 3, xShape[3], n];
    expect(usesWinograd(xShape, n)).toBe(true);
    const expected = await convolveOn('cpu', [xShape, filterShape, pad]);
    const { numTensors, numDataBuffers } = tf.memory();
    const got = await convolveOn('wasm', [xShape, filterShape, pad]);
    // The cpu backend sums in float64.
    got.forEach((values, which) => {
      expect(relativeDifference(values, expected[which] ?? []), ['y', 'dx', 'dw'][which]).toBeLessThan(4e-6);
    });
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });

  test('filters that are transformed in several passes: equal to cpu', async () => {
    const shapes: [Shape4D, Shape4D, Padding] = [[4, 8, 8, 512], [3, 3, 512, 260], 'same'];
    expect(usesWinograd(shapes[0], 260)).toBe(true);
    await tf.setBackend('wasm');
    const before = tf.memory().numTensors;
    const [x, filter] = [tensor<tf.Rank.R4>(shapes[0], 3), tensor<tf.Rank.R4>(shapes[1], 5)];
    // One product of matrices for each tap: another way to the same sums.
    const direct = tf.tidy(() => {
      const padded = tf.pad(x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]);
      const taps = Array.from({ length: 9 }, (_, tap) => {
        const [u, v] = [Math.floor(tap / 3), tap % 3];
        const seen = tf.reshape(tf.slice(padded, [0, u, v, 0], [4, 8, 8, 512]), [256, 512]);
        return tf.matMul(seen, tf.reshape(tf.slice(filter, [u, v, 0, 0], [1, 1, 512, 260]), [512, 260]));
      });
      return tf.addN(taps).dataSync();
    });
    const got = tf.tidy(() => tf.conv2d(x, filter, 1, 'same').dataSync());
    expect(relativeDifference(got, direct)).toBeLessThan(1e-5);
    tf.dispose([x, filter]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a bias and relu in the same pass: equal to cpu', async () => {
    for (const [channels, n] of [
      [16, 16],
      [13, 19],
    ] as const)
      for (const activation of ['linear', 'relu'] as const) {
        const run = (): tf.Tensor =>
          tf.fused.conv2d({
            x: tensor<tf.Rank.R4>([2, 14, 17, channels], 1),
            filter: tensor<tf.Rank.R4>([3, 3, channels, n], 2),
            ...{ strides: 1, pad: 'same', activation, bias: tensor([n], 4) },
          });
        const [expected, got] = [await valuesOn('cpu', run), await valuesOn('wasm', run)];
        expect(relativeDifference(got, expected), `${channels} to ${n}, ${activation}`).toBeLessThan(4e-6);
      }
  });

  test('NaN and infinity stay in their image', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const parts = [
        tf.ones([1, 13, 13, 18]),
        tf.fill([1, 13, 13, 18], NaN),
        tf.fill([1, 13, 13, 18], Infinity),
      ];
      const y = tf.conv2d(tf.concat(parts) as tf.Tensor4D, tensor([3, 3, 18, 16], 2), 1, 'same');
      const finite = [...tf.isFinite(y).dataSync()];
      const image = 13 * 13 * 16;
      expect(finite.slice(0, image).every(Boolean)).toBe(true);
      expect(finite.slice(image).some(Boolean)).toBe(false);
    });
  });
});

test('few channels, few pixels, strides and other filters stay with the direct kernel', () => {
  expect(usesWinograd([64, 32, 32, 3], 16)).toBe(false);
  expect(usesWinograd([64, 32, 32, 16], 16)).toBe(true);
  expect(usesWinograd([64, 2, 2, 64], 64)).toBe(false);
  expect(usesWinograd([1, 7, 7, 128], 128)).toBe(false);
  const window = { kernel: [3, 3], stride: [2, 2], before: [1, 1], outSize: [16, 16] } as const;
  expect(winogradPlanes(window, [64, 32, 32, 16], 32)).toBeNull();
  const other = { ...window, kernel: [5, 3], stride: [1, 1] } as const;
  expect(winogradPlanes(other, [64, 32, 32, 16], 32)).toBeNull();
});
