import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { loadBackends, tensor } from '../kernels/backends.js';
import { expectAsOnCpu } from './compare.js';

beforeAll(loadBackends);

const indices: Record<string, () => tf.Tensor> = {
  'a list': () => tf.tensor1d([4, 0, 0, 3], 'int32'),
  'one index': () => tf.tensor1d([2], 'int32'),
  'a scalar': () => tf.scalar(1, 'int32'),
  'a matrix': () => tf.tensor2d([4, 1, 3, 3, 0, 2], [2, 3], 'int32'),
};
const shapes = [[5], [5, 1], [5, 70], [5, 3, 100], [2, 5, 3], [3, 2, 5], [2, 3, 5, 65]];

test.each(Object.entries(indices))('gather at %s on wasm equals that on cpu', async (_name, at) => {
  for (const shape of shapes) {
    const axis = shape.indexOf(5);
    const gather = (x: tf.Tensor): tf.Tensor => tf.gather(x, at(), axis);
    await expectAsOnCpu(() => gather(tensor(shape, 1)), shape);
    await expectAsOnCpu(() => gather(tf.cast(tf.mul(tensor(shape, 1), 99), 'int32')), [shape, 'int32']);
    await expectAsOnCpu(() => tf.cast(gather(tf.greater(tensor(shape, 1), 0)), 'int32'), [shape, 'bool']);
  }
});

test('gather of every image of its own on wasm equals that on cpu', async () => {
  const at = (): tf.Tensor2D => tf.tensor2d([1, 1, 0, 2], [2, 2], 'int32');
  await expectAsOnCpu(() => tf.gather(tensor([2, 3, 4], 1), at(), 1, 1), 'batchDims 1');
});

test('an index out of range is named', async () => {
  await tf.setBackend('wasm');
  for (const index of [-1, 3]) {
    expect(() => tf.gather(tensor([3, 2], 1), tf.tensor1d([0, index], 'int32'))).toThrow(`value ${index}`);
  }
});
