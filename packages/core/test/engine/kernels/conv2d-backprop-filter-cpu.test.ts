import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
// tfjs's own kernel, whatever is registered in its place.
import { conv2DBackpropFilterConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Conv2DBackpropFilter.js';
import { createRandom } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { conv2DBackpropFilterOnCpu } from '../../../src/engine/kernels/conv2d-backprop-filter-cpu.js';

const own = conv2DBackpropFilterConfig.kernelFunc;

interface Case {
  readonly x: [number, number, number, number];
  readonly filterShape: [number, number, number, number];
  readonly strides: [number, number];
  readonly pad: 'same' | 'valid' | tf.backend_util.ExplicitPadding;
}

const cases: readonly Case[] = [
  { x: [2, 6, 6, 3], filterShape: [3, 3, 3, 4], strides: [1, 1], pad: 'same' },
  { x: [3, 7, 5, 2], filterShape: [3, 2, 2, 5], strides: [2, 2], pad: 'same' },
  { x: [1, 8, 8, 1], filterShape: [5, 5, 1, 1], strides: [3, 1], pad: 'valid' },
  { x: [4, 5, 6, 7], filterShape: [1, 1, 7, 3], strides: [2, 1], pad: 'valid' },
  {
    x: [2, 6, 6, 2],
    filterShape: [3, 3, 2, 2],
    strides: [2, 2],
    pad: [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 0],
    ],
  },
];

describe('the filter gradient on cpu', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const random = createRandom(1);
  const drawn = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
      shape,
    );

  it.each(cases)(
    'is tfjs’s, for $x by $filterShape, strides $strides',
    ({ x, filterShape, strides, pad }) => {
      tf.tidy(() => {
        const images = drawn(x);
        const { outHeight, outWidth } = tf.backend_util.computeConv2DInfo(x, filterShape, strides, 1, pad);
        const dy = drawn([x[0], outHeight, outWidth, filterShape[3]]);
        const attrs = { strides, pad, dataFormat: 'NHWC', dilations: 1, filterShape };
        const call = {
          inputs: { x: images, dy },
          attrs,
          backend: tf.backend(),
        } as unknown as Parameters<tf.KernelFunc>[0];
        const valuesOf = (kernel: tf.KernelFunc): Float32Array => {
          const info = kernel(call) as tf.TensorInfo;
          expect(info.shape).toEqual(filterShape);
          return tf.engine().makeTensorFromTensorInfo(info).dataSync<'float32'>();
        };
        const [expected, found] = [valuesOf(own), valuesOf(conv2DBackpropFilterOnCpu(own))];
        expected.forEach((value, index) => {
          expect(Math.abs((found[index] ?? NaN) - value)).toBeLessThan(1e-5);
        });
      });
    },
  );

  it('leaves to tfjs what it does not handle', () => {
    const asked: unknown[] = [];
    const stand: tf.KernelFunc = (call) => {
      asked.push(call.attrs?.['dilations']);
      return { dataId: {}, shape: [], dtype: 'float32' };
    };
    const call = { inputs: {}, attrs: { strides: 1, pad: 'same', dilations: 2 }, backend: {} };
    conv2DBackpropFilterOnCpu(stand)(call);
    expect(asked).toEqual([2]);
  });
});
