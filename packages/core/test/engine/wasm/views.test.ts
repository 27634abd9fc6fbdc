import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadBackends, tensor } from '../kernels/backends.js';
import { expectAsOnCpu } from './compare.js';

beforeAll(loadBackends);

const views: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'slice of rows': (x) => tf.slice(x, [1], [2]),
  'slice of every axis': (x) => tf.slice(x, [1, 2, 0, 3], [2, 3, 5, 61]),
  'slice to the end': (x) => tf.slice(x, [0, 1, 1, 1], [-1, -1, -1, -1]),
  'slice of one number': (x) => tf.slice(x, [2, 4, 4, 69], [1, 1, 1, 1]),
  'slice of nothing': (x) => tf.slice(x, [0, 0, 0, 0], [0, 2, 2, 2]),
  'slice of all': (x) => tf.slice(x, [0, 0, 0, 0], [3, 6, 5, 70]),
  'tile of every axis': (x) => tf.tile(tf.slice(x, [0, 0, 0, 0], [2, 3, 2, 3]), [2, 1, 3, 2]),
  'tile of one number': (x) => tf.tile(tf.slice(x, [0, 0, 0, 0], [1, 1, 1, 1]), [3, 2, 1, 9]),
  'tile by one': (x) => tf.tile(x, [1, 1, 1, 1]),
  'tile of a scalar column': (x) => tf.tile(tf.slice(x, [0, 0, 0, 0], [3, 6, 5, 1]), [1, 1, 1, 70]),
  'reverse of the last axis': (x) => tf.reverse(x, 3),
  'reverse of the first and third': (x) => tf.reverse(x, [0, 2]),
  'reverse of all': (x) => tf.reverse(x),
  'unstack of the first axis': (x) => tf.stack(tf.unstack(x, 0).reverse()),
  'unstack of the last axis': (x) => tf.stack(tf.unstack(x, -1)),
  'split in the middle': (x) => tf.concat(tf.split(x, [2, 3, 1], 1).reverse(), 1),
};

describe('views on wasm equal those on cpu', () => {
  test.each(Object.entries(views))('%s', async (name, view) => {
    await expectAsOnCpu(() => view(tensor([3, 6, 5, 70], 1)), name);
    await expectAsOnCpu(() => view(tf.cast(tf.mul(tensor([3, 6, 5, 70], 1), 99), 'int32')), `${name}, int32`);
    await expectAsOnCpu(
      () => tf.cast(view(tf.greater(tensor([3, 6, 5, 70], 1), 0)), 'int32'),
      `${name}, bool`,
    );
  });

  test('of vectors, matrices and more axes than four', async () => {
    await expectAsOnCpu(() => tf.slice(tensor([9], 1), [4], [3]), 'vector');
    await expectAsOnCpu(() => tf.reverse(tensor([9], 1)), 'vector reversed');
    await expectAsOnCpu(() => tf.tile(tensor([4, 3], 1), [3, 5]), 'matrix');
    await expectAsOnCpu(() => tf.tile(tensor([2, 1, 2, 1, 2], 1), [1, 3, 1, 4, 2]), 'five axes');
    await tf.setBackend('wasm');
    expect(() => tf.slice(tensor([3, 3], 1), [2, 0], [2, 1])).toThrow(/begin/);
  });
});
