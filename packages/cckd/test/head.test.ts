import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import {
  applyStudentHead,
  correlationMatrix,
  createFrozenProjection,
  createStudentHead,
  pooledEmbedding,
} from '../src/index.js';
import { inputs, largestGap, lcgMatrix, matrix } from './golden.js';

const identity = (size: number): number[][] =>
  Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_unused, column) => (row === column ? 1 : 0)),
  );

await describeOnEngines('heads', () => {
  test('the frozen projection to a narrower space has orthonormal columns, to a wider one orthonormal rows', () => {
    tf.tidy(() => {
      const narrow = createFrozenProjection(12, 5, createRandom(1));
      expect(narrow.shape).toEqual([12, 5]);
      expect(largestGap(tf.matMul<Tensor2D>(narrow, narrow, true).arraySync(), identity(5))).toBeLessThan(
        1e-5,
      );
      const wide = createFrozenProjection(5, 12, createRandom(1));
      expect(wide.shape).toEqual([5, 12]);
      expect(largestGap(tf.matMul<Tensor2D>(wide, wide, false, true).arraySync(), identity(5))).toBeLessThan(
        1e-5,
      );
    });
  });

  test('the frozen projection of a wide embedding takes no time, also on cpu', () => {
    tf.tidy(() => {
      const wide = createFrozenProjection(512, 128, createRandom(1));
      expect(largestGap(tf.matMul<Tensor2D>(wide, wide, true).arraySync(), identity(128))).toBeLessThan(1e-5);
    });
  });

  test('a projection to a wider space leaves every correlation as it was', () => {
    const options = { kernel: 'rbf-taylor' as const, gamma: 0.4, order: 2, normalize: true };
    tf.tidy(() => {
      const rows = matrix(lcgMatrix(6, 4, 3));
      const projected = tf.matMul<Tensor2D>(rows, createFrozenProjection(4, 9, createRandom(2)));
      const before = correlationMatrix(rows, options).arraySync();
      expect(largestGap(correlationMatrix(projected, options).arraySync(), before)).toBeLessThan(1e-5);
    });
  });

  test("the student head is f W + b, starts within Glorot's bounds and comes from its seed", () => {
    tf.tidy(() => {
      const head = createStudentHead(3, 2, createRandom(4));
      const kernel = head.kernel.arraySync();
      const limit = Math.sqrt(6 / 5);
      expect(Math.max(...kernel.flat().map(Math.abs))).toBeLessThanOrEqual(limit);
      expect(createStudentHead(3, 2, createRandom(4)).kernel.arraySync()).toEqual(kernel);
      expect(createStudentHead(3, 2, createRandom(5)).kernel.arraySync()).not.toEqual(kernel);
      head.bias.assign(tf.tensor1d([10, 20]));
      const expected = inputs.Fs.map((row) =>
        [10, 20].map((bias, column) =>
          row.reduce((sum, value, axis) => sum + value * (kernel[axis]?.[column] ?? 0), bias),
        ),
      );
      expect(largestGap(applyStudentHead(matrix(inputs.Fs), head).arraySync(), expected)).toBeLessThan(1e-5);
    });
  });

  test('a feature map is averaged over height and width', () => {
    tf.tidy(() => {
      const map = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
      expect(pooledEmbedding("tap 'x'", map).arraySync()).toEqual([[4, 5]]);
      const rows = matrix(inputs.Fs);
      expect(pooledEmbedding("tap 'x'", rows)).toBe(rows);
    });
  });
});

test('a tap with other axes is refused', () => {
  expect(() => pooledEmbedding("student tap 'x'", tf.zeros([4, 7, 3]))).toThrow(
    /student tap 'x': expected an embedding \[\*, width\] or a feature map .*got \[\*, 7, 3\]\. Tap a layer/,
  );
});
