import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test, vi } from 'vitest';
import { alignedVectors, teacherVectors } from '../src/index.js';
import { flat, largestGap, relativeGap } from './golden.js';

const device = vi.hoisted(() => ({ silent: false }));

vi.mock('@distilljs/core', async (original) => {
  const core = await original<typeof import('@distilljs/core')>();
  return { ...core, peek: (tensor: tf.Tensor) => (device.silent ? undefined : core.peek(tensor)) };
});

/** As on an engine that tells no value before the step is over. */
function withoutPeek<T>(run: () => T): T {
  device.silent = true;
  try {
    return run();
  } finally {
    device.silent = false;
  }
}

/** Maps whose second singular value is `ratio` of the first, and the third that of the second: `[8, positions, channels]`. */
function closeSpectra(ratio: number, positions: number, channels: number): Tensor3D {
  const random = createRandom(7);
  const normal = (...shape: [number, number]): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
      shape,
    );
  const values = tf.diag(tf.tensor1d([1, ratio, ratio ** 2, 0.3, 0.1]));
  const maps = Array.from({ length: 8 }, () => {
    const left = tf.linalg.gramSchmidt(normal(5, positions)) as tf.Tensor2D;
    const right = tf.linalg.gramSchmidt(normal(5, channels)) as tf.Tensor2D;
    return tf.matMul<tf.Tensor2D>(left, tf.matMul(values, right), true);
  });
  return tf.stack(maps) as Tensor3D;
}

await describeOnEngines('an engine that tells no values', () => {
  test.each([0.5, 0.95, 0.99, 0.9999])(
    'singular values in the ratio %d: takes the same vectors, and their gradient is the same',
    (ratio) => {
      for (const [positions, channels] of [
        [20, 6],
        [6, 9],
      ] as const) {
        tf.tidy(() => {
          const x = closeSpectra(ratio, positions, channels);
          const own = teacherVectors(tf.expandDims(x, 1), 4).vectors;
          const weights = Array.from({ length: 8 }, (_, image) => [
            image % 2 === 0 ? [0.9, 0.3, 0.2, 0.1] : [0.2, 0.1, -0.95, 0.1],
          ]);
          const teacher = tf.matMul<Tensor3D>(tf.tensor3d(weights), own);
          const cotangent = tf.sin(tf.reshape<tf.Rank.R3>(tf.range(0, 8 * channels), [8, 1, channels]));
          const vectorsOf = (rows: Tensor3D): Tensor3D => alignedVectors(rows, teacher, 4).vectors;
          const gradient = tf.grad((rows) => tf.sum(tf.mul(vectorsOf(rows as Tensor3D), cotangent)));

          const { taken } = alignedVectors(x, teacher, 4);
          expect(new Set(flat(taken)).size).toBeGreaterThan(1);
          const hidden = withoutPeek(() => alignedVectors(x, teacher, 4));
          expect(flat(hidden.taken)).toEqual(flat(taken));
          expect(largestGap(hidden.vectors, vectorsOf(x))).toBeLessThan(1e-6);
          expect(
            relativeGap(
              withoutPeek(() => gradient(x)),
              gradient(x),
            ),
          ).toBeLessThan(1e-5);
        });
      }
    },
  );
});
