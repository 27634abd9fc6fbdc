import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { createProjection, project, projectionWeights } from '../src/compression/projection.js';
import { alignedVectors, teacherVectors } from '../src/index.js';

const maps = (channels: number, seed: number): tf.Tensor3D =>
  tf.relu(tf.randomNormal<tf.Rank.R3>([24, 16, channels], 0.3, 1, 'float32', seed));

await describeOnEngines('projection of a student with other channels', () => {
  test('leaves vectors where the teacher’s are: the first of each map, with no negative entry', () => {
    const projection = createProjection(4, 10, createRandom(1));
    tf.tidy(() => {
      const projected = project(maps(4, 1), projection);
      expect(projected.shape).toEqual([24, 16, 10]);
      expect(tf.min(projected).dataSync()[0]).toBe(0);
      const teacher = teacherVectors(tf.expandDims<tf.Tensor4D>(maps(10, 2), 1), 1).vectors;
      const { vectors, taken } = alignedVectors(projected, teacher, 4);
      expect(tf.max(taken).dataSync()[0]).toBe(0);
      expect(tf.min(vectors).dataSync()[0]).toBeGreaterThan(-1e-6);
    });
    tf.dispose(Object.values(projectionWeights('projection', projection)));
  });
});
