import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createRandom } from '../../../src/index.js';
import { describeOnEngines } from '../../../src/testing/index.js';

type Four = [number, number, number, number];

const random = createRandom(5);
const values = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((product, axis) => product * axis, 1) }, () => random.normal());

/** x, filter, dilation, padding. */
const cases: readonly (readonly [Four, Four, [number, number], 'same' | 'valid'])[] = [
  [[2, 7, 6, 3], [3, 3, 3, 4], [2, 2], 'valid'],
  [[1, 5, 5, 1], [2, 2, 1, 1], [2, 2], 'same'],
  [[2, 9, 4, 2], [3, 2, 2, 5], [3, 1], 'same'],
  [[1, 4, 9, 2], [1, 3, 2, 3], [1, 4], 'valid'],
  [[3, 6, 6, 2], [3, 3, 2, 2], [2, 1], 'same'],
];

/** Sum over the output of output · dy, and its gradients by x and filter, by plain loops in float64. */
function byLoops(
  [n, h, w, c]: Four,
  [u, v, , d]: Four,
  [down, across]: [number, number],
  pad: 'same' | 'valid',
  x: readonly number[],
  filter: readonly number[],
  dy: readonly number[],
  depthwise: boolean,
): { readonly dx: number[]; readonly dw: number[] } {
  const info = tf.backend_util.computeConv2DInfo(
    [n, h, w, c],
    [u, v, c, d],
    1,
    [down, across],
    pad,
    undefined,
    depthwise,
  );
  const { outHeight, outWidth, outChannels, padInfo } = info;
  const [dx, dw] = [x.map(() => 0), filter.map(() => 0)];
  for (let image = 0; image < n; image++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let row = 0; row < u; row++)
          for (let column = 0; column < v; column++) {
            const [y, z] = [i + row * down - padInfo.top, j + column * across - padInfo.left];
            if (y < 0 || y >= h || z < 0 || z >= w) continue;
            for (let channel = 0; channel < c; channel++)
              for (let out = 0; out < d; out++) {
                const xAt = ((image * h + y) * w + z) * c + channel;
                const wAt = ((row * v + column) * c + channel) * d + out;
                const to = depthwise ? channel * d + out : out;
                const g = dy[((image * outHeight + i) * outWidth + j) * outChannels + to] ?? 0;
                dx[xAt] = (dx[xAt] ?? 0) + g * (filter[wAt] ?? 0);
                dw[wAt] = (dw[wAt] ?? 0) + g * (x[xAt] ?? 0);
              }
          }
  return { dx, dw };
}

await describeOnEngines('gradients of dilated convolutions', () => {
  it.each(
    cases.flatMap(
      (each) =>
        [
          [each, false],
          [each, true],
        ] as const,
    ),
  )('%o, depthwise %s', (given, depthwise) => {
    const [xShape, filterShape, dilation, pad] = given;
    const convolve = (image: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D =>
      depthwise
        ? tf.depthwiseConv2d(image, filter, 1, pad, 'NHWC', dilation)
        : tf.conv2d(image, filter, 1, pad, 'NHWC', dilation);
    const [x, filter] = [values(xShape), values(filterShape)];
    tf.tidy(() => {
      const image = tf.tensor4d(x, xShape);
      const taps = tf.tensor4d(filter, filterShape);
      const shape = convolve(image, taps).shape;
      const dy = values(shape);
      const grads = tf.grads(convolve as (...inputs: tf.Tensor[]) => tf.Tensor)(
        [image, taps],
        tf.tensor4d(dy, shape),
      );
      const expected = byLoops(xShape, filterShape, dilation, pad, x, filter, dy, depthwise);
      [expected.dx, expected.dw].forEach((wanted, index) => {
        const got = (grads[index] as tf.Tensor).dataSync();
        expect(got).toHaveLength(wanted.length);
        wanted.forEach((value, at) => {
          expect(Math.abs((got[at] ?? NaN) - value)).toBeLessThan(1e-4);
        });
      });
    });
  });
});
