import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { tensorFlowBackend } from '../../../src/engine/kernels/tensorflow-backend.js';
import { describeOnEngines } from '../../../src/testing/index.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const counted = (shape: [number, number, number, number]): Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, at) => ((at * 7) % 11) - 5),
    shape,
  );

await describeOnEngines('gradients of the filter of a 1×1 convolution with strides', (engine) => {
  test.each([
    [4, 3, 2, 'valid'],
    [3, 8, 2, 'same'],
    [1, 5, 3, 'valid'],
    [3, 4, 2, 0],
    [12, 12, [2, 1], 'same'],
    [16, 12, 2, 'valid'],
  ] as [number, number, number | [number, number], 'same' | 'valid' | 0][])(
    '%i to %i channels, strides %j, %s',
    (channels, outputs, strides, pad) => {
      const backend = tensorFlowBackend();
      const run = backend && vi.spyOn(backend, 'executeSingleOutput');
      tf.tidy(() => {
        const [x, filter] = [counted([3, 7, 6, channels]), counted([1, 1, channels, outputs])];
        const [down, across = down] = [strides].flat() as [number, number?];
        const shape = [3, Math.ceil(7 / down), Math.ceil(6 / across)] as const;
        const dy = counted([...shape, outputs]);
        const gradient = tf.grad((each: tf.Tensor) => tf.conv2d(x, each as Tensor4D, strides, pad));
        // The sum over pixels of what was read times the gradient of what it became.
        const read = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, down, across, 1]);
        const expected = tf.matMul(tf.reshape(read, [-1, channels]), tf.reshape(dy, [-1, outputs]), true);
        expect(gradient(filter, dy).dataSync()).toEqual(expected.dataSync());
      });
      if (engine !== 'node' || channels % 8 === 0) return;
      const strided = run?.mock.calls.flatMap(([name, attributes]) =>
        name === 'Conv2DBackpropFilter'
          ? [
              (attributes as readonly { name: string; value: unknown }[]).find(
                (each) => each.name === 'strides',
              )?.value,
            ]
          : [],
      );
      expect(strided).toEqual([[1, 1, 1, 1]]);
    },
  );
});
