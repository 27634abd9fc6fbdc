import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { withoutKernels } from '../wasm/composed.js';
import { loadBackends, numbers, relativeDifference, tensor } from './backends.js';

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
type Convolve = (x: tf.Tensor4D, filter: tf.Tensor4D, strides: [number, number], pad: Padding) => tf.Tensor4D;

const convolutions: [name: string, convolve: Convolve][] = [
  ['conv2d', (x, filter, strides, pad) => tf.conv2d(x, filter, strides, pad)],
  ['depthwiseConv2d', (x, filter, strides, pad) => tf.depthwiseConv2d(x, filter, strides, pad)],
];
const kernels: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 3],
  [5, 5],
  [5, 3],
  [1, 3],
];
const strides: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 3],
  [2, 1],
  [1, 3],
];
const paddings: Padding[] = [
  'same',
  'valid',
  1,
  [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ],
  [
    [0, 0],
    [0, 1],
    [2, 0],
    [0, 0],
  ],
  // More than the filter is long: rows of dy that only ever saw padding.
  [
    [0, 0],
    [3, 4],
    [4, 3],
    [0, 0],
  ],
];
/** Batch, height, width, channels, and output channels or channel multiplier. */
const shapes: [number, number, number, number, number][] = [
  [1, 7, 7, 1, 3],
  [3, 8, 5, 3, 1],
  [2, 6, 9, 8, 4],
];

beforeAll(loadBackends);

async function gradients(
  backend: string,
  convolve: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor4D,
  xShape: number[],
  filterShape: number[],
): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const inputs = [tensor<tf.Rank.R4>(xShape, 3), tensor<tf.Rank.R4>(filterShape, 5)];
    const dy = tensor<tf.Rank.R4>(convolve(...(inputs as [tf.Tensor4D, tf.Tensor4D])).shape, 7);
    const found = tf.grads(convolve as (...args: tf.Tensor[]) => tf.Tensor)(inputs, dy);
    return found.map((gradient) => gradient.dataSync<'float32'>());
  });
}

describe.each(convolutions)('gradients of %s on wasm', (_name, convolve) => {
  test.each(kernels)('filter %ix%i: equal to cpu for every stride, padding and shape', async (...kernel) => {
    for (const stride of strides)
      for (const pad of paddings)
        for (const [batch, height, width, channels, last] of shapes) {
          // tfjs computes a wrong output size from one number of padding when the filter or the stride is not square.
          if (pad === 1 && (kernel[0] !== kernel[1] || stride[0] !== stride[1])) continue;
          const run = (backend: string): Promise<Float32Array[]> =>
            gradients(
              backend,
              (x, filter) => convolve(x, filter, stride, pad),
              [batch, height, width, channels],
              [...kernel, channels, last],
            );
          const [expected, got] = [await run('cpu'), await run('wasm')];
          const difference = got.map((values, i) => relativeDifference(values, expected[i] ?? []));
          expect(
            Math.max(...difference),
            JSON.stringify({ stride, pad, shape: [batch, height, width, channels, last], difference }),
          ).toBeLessThan(1e-5);
        }
  });

  test('the same bytes every time, and no tensor left over', async () => {
    const run = (): Promise<Float32Array[]> =>
      gradients('wasm', (x, filter) => convolve(x, filter, [2, 2], 'same'), [3, 9, 8, 8], [3, 3, 8, 3]);
    const first = await run();
    const before = { ...tf.memory() };
    for (let i = 0; i < 5; i++) expect(await run()).toEqual(first);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  test('no gradient at a dilation, as in tfjs', async () => {
    await tf.setBackend('wasm');
    const { Conv2DBackpropFilter, DepthwiseConv2dNativeBackpropInput } = tf;
    const [x, filter] = [tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1])];
    const attributes = { strides: 1, pad: 'same', inputShape: x.shape, filterShape: filter.shape };
    expect(() =>
      tf
        .engine()
        .runKernel(DepthwiseConv2dNativeBackpropInput, { dy: x, filter }, { ...attributes, dilations: 2 }),
    ).toThrow(/expected data in NHWC and dilation 1, got NHWC and dilation 2/);
    expect(() =>
      tf.engine().runKernel(Conv2DBackpropFilter, { x, dy: x }, { ...attributes, dataFormat: 'NCHW' }),
    ).toThrow(/expected data in NHWC and dilation 1, got NCHW/);
  });
});

test.each(kernels)('gradients of conv2d, composed of other ops: filter %ix%i', async (...kernel) => {
  for (const stride of strides)
    for (const pad of ['same', 'valid', paddings.at(-1) ?? 'same'] as const)
      for (const [batch, height, width, channels, last] of shapes) {
        const run = (backend: string): Promise<Float32Array[]> =>
          gradients(
            backend,
            (x, filter) => tf.conv2d(x, filter, stride, pad),
            [batch, height, width, channels],
            [...kernel, channels, last],
          );
        const expected = await run('cpu');
        const got = await withoutKernels(() => run('wasm'));
        for (const [i, values] of got.entries()) {
          expect(relativeDifference(values, expected[i] ?? []), JSON.stringify({ stride, pad })).toBeLessThan(
            1e-5,
          );
        }
      }
});

test('conv2dTranspose: value and gradients on wasm equal to cpu', async () => {
  const transposed = (x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D =>
    tf.conv2dTranspose(x, filter, [2, 9, 7, 3], 2, 'same');
  const value = async (backend: string): Promise<Float32Array> => {
    await tf.setBackend(backend);
    return tf.tidy(() => transposed(tensor([2, 5, 4, 5], 1), tensor([3, 3, 3, 5], 2)).dataSync<'float32'>());
  };
  expect(relativeDifference(await value('wasm'), await value('cpu'))).toBeLessThan(1e-5);
  const expected = await gradients('cpu', transposed, [2, 5, 4, 5], [3, 3, 3, 5]);
  const got = await gradients('wasm', transposed, [2, 5, 4, 5], [3, 3, 3, 5]);
  for (const [i, values] of got.entries())
    expect(relativeDifference(values, expected[i] ?? [])).toBeLessThan(1e-5);
});

test('gradient of a filter by finite differences', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const x = tensor<tf.Rank.R4>([2, 5, 6, 3], 11);
    const filter = tensor<tf.Rank.R4>([3, 3, 3, 2], 12);
    const loss = (w: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.conv2d(x, w as tf.Tensor4D, 2, 'same')));
    const gradient = tf.grad(loss)(filter);
    const direction = tf.tensor(numbers(13)(filter.size), filter.shape);
    const at = (step: number): number => loss(tf.add(filter, tf.mul(direction, step))).dataSync()[0] ?? NaN;
    // Central difference of a quadratic: exact up to rounding.
    const expected = (at(0.5) - at(-0.5)) / 1;
    const got = tf.sum(tf.mul(gradient, direction)).dataSync()[0] ?? NaN;
    expect(Math.abs(got - expected) / Math.abs(expected)).toBeLessThan(1e-4);
  });
});
