import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { tensorFlowBackend } from '../../../src/engine/kernels/tensorflow-backend.js';
import { batchMatMulTensorFlow } from '../../../src/engine/kernels/batch-mat-mul-tensorflow.js';
import { describeOnEngines } from '../../../src/testing/index.js';

function counted(shape: [number, number, number]): Tensor3D {
  const values = Float32Array.from(
    { length: shape[0] * shape[1] * shape[2] },
    (_, at) => ((at * 7) % 11) - 5,
  );
  return tf.tensor3d(values, shape);
}

afterEach(() => {
  vi.restoreAllMocks();
});

await describeOnEngines('products of matrices', (engine) => {
  test.each([
    ['small', 3, 4],
    ['large', 4, 90],
  ])('%s ones are right, transposed and repeated over a batch too', (_, n, g) => {
    tf.tidy(() => {
      const [a, b] = [counted([n, g, g - 1]), counted([n, g - 1, g + 2])];
      const expected = tf.sum(tf.mul(tf.expandDims(a, 3), tf.expandDims(b, 1)), 2).dataSync();
      expect(tf.matMul(a, b).dataSync()).toEqual(expected);
      expect(tf.matMul(tf.transpose(a, [0, 2, 1]), b, true).dataSync()).toEqual(expected);
      expect(tf.matMul(a, tf.transpose(b, [0, 2, 1]), false, true).dataSync()).toEqual(expected);
      const [first] = tf.split(b, n, 0) as [Tensor3D];
      expect(tf.matMul(a, first).dataSync()).toEqual(tf.matMul(a, tf.tile(first, [n, 1, 1])).dataSync());
    });
  });

  test.skipIf(engine !== 'node')('small ones pass oneDNN by, large ones do not', () => {
    const backend = tensorFlowBackend();
    if (backend === null) throw new Error('the engine node runs on TensorFlow');
    const run = vi.spyOn(backend, 'executeSingleOutput');
    tf.tidy(() => {
      tf.matMul(counted([64, 16, 16]), counted([64, 16, 1]));
      tf.matMul(counted([64, 64, 64]), counted([64, 64, 64]));
    });
    const products = run.mock.calls.map(([name]) => name).filter((name) => name.startsWith('BatchMatMul'));
    expect(products).toEqual(['BatchMatMulV3', 'BatchMatMulV2']);
  });

  test.skipIf(engine !== 'node')('a TensorFlow without the plain kernel takes its own', () => {
    const backend = tensorFlowBackend();
    if (backend === null) throw new Error('the engine node runs on TensorFlow');
    const run = vi.spyOn(backend, 'executeSingleOutput').mockImplementation(() => {
      throw new Error('Op type not registered');
    });
    tf.tidy(() => {
      const [a, b] = [counted([2, 2, 2]), counted([2, 2, 2])];
      const kernel = batchMatMulTensorFlow(() => a);
      const args = { inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend };
      expect(kernel(args)).toBe(a);
      expect(kernel(args)).toBe(a);
    });
    expect(run).toHaveBeenCalledTimes(1);
  });
});
