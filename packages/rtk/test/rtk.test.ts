import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { attentionLoss, layerMaps, stageMedoids } from '../src/index.js';
import type { Matching } from '../src/index.js';
import {
  baseParams,
  golden,
  goldenGradients,
  goldenMatch,
  gradientParts,
  largest,
  largestGap,
  matching,
  partGap,
  rtkParams,
  teacherFeatures,
} from './golden.js';
import type { GoldenParams, Numbers } from './golden.js';

// Reconstructed: these values show that the code does what its documentation says, not that it is the paper's method.

const { soft, top2, top1, aboveUniform, top2_teacherGrid, top2_cosine } = golden.rtkA.variants;
const variants: readonly (readonly [string, Matching, Expected])[] = [
  ['all keys', matching({}, 4), soft],
  ['no selection', matching({ select: 'none' }), soft],
  ['the two most similar keys', matching({}, 2), top2],
  ['the most similar key', matching({}, 1), top1],
  ['keys above uniform', matching({ select: 'aboveUniform' }), aboveUniform],
  ['two keys on the teacher grid', matching({ grid: 'teacher' }, 2), top2_teacherGrid],
  ['two keys by cosine', matching({ distance: 'cosine' }, 2), top2_cosine],
];

interface Expected {
  readonly loss: number;
  readonly att: Numbers;
  readonly dist: Numbers;
  readonly mask: Numbers;
  readonly gradStudentFeatures: readonly Numbers[];
  readonly gradParams?: Readonly<Record<string, Numbers>>;
}

await describeOnEngines('rtk', () => {
  test.each(variants)('%s: attention, distances and loss', (_, how, expected) => {
    tf.tidy(() => {
      const match = goldenMatch(rtkParams, how);
      expect(largestGap(match.attention, expected.att)).toBeLessThan(2e-6);
      expect(largestGap(match.distances, expected.dist)).toBeLessThan(2e-6);
      if (match.kept.keys !== undefined) expect(largestGap(match.kept.keys, expected.mask)).toBe(0);
      expect(largestGap(attentionLoss(match), expected.loss)).toBeLessThan(2e-6);
      const rows = tf.sum(match.attention, 2);
      expect(largestGap(tf.sub(rows, 1), tf.zeros([4, 2]).arraySync() as number[][])).toBeLessThan(1e-6);
      const dropped = tf.mul(match.attention, tf.sub(1, match.kept.keys ?? 1));
      expect(largest(dropped.arraySync() as Numbers)).toBe(0);
    });
  });

  test.each(variants)('%s: gradients', (_, how, expected) => {
    expectGradients(rtkParams, how, expected.gradStudentFeatures, expected.gradParams ?? {});
  });

  test('one kept key gives the attention no gradient at all', () => {
    tf.tidy(() => {
      const { weights } = goldenGradients(rtkParams, matching({}, 1));
      for (const [name, gradient] of Object.entries(weights)) {
        expect(largest(gradient.arraySync() as Numbers), name).toBeLessThan(1e-8);
      }
    });
  });

  test('a medoid per stage gates the base method', () => {
    const how = matching({ direction: 'teacher-query', select: 'stageMedoid' });
    tf.tidy(() => {
      expect(largestGap(stageMedoids(layerMaps(teacherFeatures(), true), how.runs), golden.rtkB.gate)).toBe(
        0,
      );
      const match = goldenMatch(baseParams, how);
      expect(largestGap(match.kept.queries as tf.Tensor, golden.rtkB.gate)).toBe(0);
      expect(largestGap(attentionLoss(match), golden.rtkB.loss)).toBeLessThan(2e-6);
    });
    expectGradients(baseParams, how, golden.rtkB.gradStudentFeatures, golden.rtkB.gradParams);
  });

  test('the best matched teacher maps gate the base method', () => {
    const how = matching({ direction: 'teacher-query', select: 'bestMatch' }, golden.rtkC.keep);
    tf.tidy(() => {
      const match = goldenMatch(baseParams, how);
      expect(largestGap(match.kept.queries as tf.Tensor, golden.rtkC.gate)).toBe(0);
      expect(largestGap(attentionLoss(match), golden.rtkC.loss)).toBeLessThan(2e-6);
    });
    expectGradients(baseParams, how, golden.rtkC.gradStudentFeatures, golden.rtkC.gradParams);
  });

  test('a gate that keeps every teacher map is the base method', () => {
    tf.tidy(() => {
      const gated = goldenMatch(baseParams, matching({ direction: 'teacher-query', select: 'bestMatch' }, 4));
      expect(largestGap(attentionLoss(gated), golden.afd.train.loss)).toBeLessThan(2e-6);
      expect(largestGap(gated.attention, golden.afd.train.att)).toBeLessThan(2e-6);
    });
  });

  test('the teacher grid is what makes distances of different stages incomparable', () => {
    tf.tidy(() => {
      const mean = (grid: 'student' | 'teacher'): tf.Tensor =>
        tf.mean(goldenMatch(rtkParams, matching({ grid, select: 'none' })).distances, 0);
      expect(largestGap(mean('teacher'), golden.scaleTrap.teacherGridMeanDist)).toBeLessThan(2e-6);
      expect(largestGap(mean('student'), golden.scaleTrap.studentGridMeanDist)).toBeLessThan(2e-6);
    });
  });
});

function expectGradients(
  params: GoldenParams,
  how: Matching,
  features: readonly Numbers[],
  weights: Readonly<Record<string, Numbers>>,
): void {
  tf.tidy(() => {
    const found = goldenGradients(params, how);
    found.features.forEach((gradient, layer) => {
      const expected = features[layer] as Numbers;
      expect(largestGap(gradient, expected), `map ${layer}`).toBeLessThan(2e-4 * largest(expected));
    });
    for (const part of gradientParts(weights, params, how.direction)) {
      expect(partGap(found.weights, part), part.of).toBeLessThan(2e-4 * largest(part.values));
    }
    // Batch norm takes the biases out again.
    for (const name of ['query/bias', 'key/bias', 'bilinear/bias', 'bilinear/offset']) {
      expect(largest((found.weights[name] as tf.Tensor).arraySync() as Numbers), name).toBeLessThan(1e-7);
    }
  });
}
