import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionLoss, attentionWeights, layerMaps, mapDistances } from '../src/index.js';
import {
  attentionShape,
  base,
  baseParams,
  featureMaps,
  golden,
  goldenMatch,
  goldenWeights,
  largest,
  largestGap,
  matched,
  matching,
  namedWeights,
  rtkParams,
  studentFeatures,
  teacherFeatures,
} from './golden.js';
import type { GoldenParams, Numbers } from './golden.js';

const how = matching({ direction: 'teacher-query' });
const values = (x: tf.Tensor): Numbers => x.arraySync();
const properties = golden.afdProperties;

await describeOnEngines('properties', () => {
  test('attention rows sum to 1', () => {
    tf.tidy(() => {
      const sums = tf.sum(goldenMatch(baseParams, how).attention, 2);
      expect(largestGap(sums, properties.attRowSums)).toBeLessThan(1e-6);
    });
  });

  test('student layers in another order, with their weights, give the same loss', () => {
    const [first, second] = baseParams.key as readonly [
      (typeof baseParams.key)[0],
      (typeof baseParams.key)[0],
    ];
    const [pS0, pS1] = baseParams.pS as readonly [Numbers, Numbers];
    const swapped: GoldenParams = { ...baseParams, key: [second, first], pS: [pS1, pS0] };
    tf.tidy(() => {
      const match = matched(
        teacherFeatures(),
        studentFeatures().reverse(),
        goldenWeights(swapped, 'teacher-query'),
        how,
      );
      expect(largestGap(match.attention, properties.permutedStudents.att)).toBeLessThan(2e-6);
      expect(largestGap(attentionLoss(match), base.train.loss)).toBeLessThan(2e-6);
    });
  });

  test('teacher layers of one grid that stand apart are put back into their order', () => {
    // A, B, A: the grid of the first layer comes again after another.
    const order = [0, 3, 1, 2];
    tf.tidy(() => {
      const student = layerMaps(studentFeatures(), false);
      const inOrder = mapDistances(layerMaps(teacherFeatures(), true), student, 'meanSquare');
      const teacher = teacherFeatures();
      const apart = layerMaps(
        order.map((layer) => teacher[layer] as FeatureMap),
        true,
      );
      const expected = tf.gather(inOrder.distances, order, 1);
      expect(largestGap(mapDistances(apart, student, 'meanSquare').distances, values(expected))).toBe(0);
      const asOther = mapDistances(student, apart, 'meanSquare').distances;
      const other = mapDistances(student, layerMaps(teacherFeatures(), true), 'meanSquare').distances;
      expect(largestGap(asOther, values(tf.gather(other, order, 2)))).toBe(0);
    });
  });

  test('images in another order give the same loss', () => {
    const shuffled = (maps: FeatureMap[]): FeatureMap[] =>
      maps.map((map) => tf.gather(map, properties.permutedBatch.order));
    tf.tidy(() => {
      for (const [params, each] of [
        [baseParams, how],
        [rtkParams, matching({})],
      ] as const) {
        const weights = goldenWeights(params, each.direction);
        const loss = attentionLoss(
          matched(shuffled(teacherFeatures()), shuffled(studentFeatures()), weights, each),
        );
        expect(largestGap(loss, values(attentionLoss(goldenMatch(params, each))))).toBeLessThan(1e-6);
      }
    });
  });

  test('a distance is (2 − 2 cos) / pixels, the direct mean of squares, and at most 2 / pixels', () => {
    tf.tidy(() => {
      const teacher = layerMaps(teacherFeatures(), true);
      const student = layerMaps(studentFeatures(), false);
      const { distances } = mapDistances(teacher, student, 'meanSquare');
      const direct = teacher.groups.map((group) => {
        const [v, w] = [teacher.ofGroup(group).units, student.onGrid(group).units];
        return tf.mean(tf.squaredDifference(tf.expandDims(v, 2), tf.expandDims(w, 1)), 3);
      });
      expect(largestGap(distances, values(tf.concat(direct, 1)))).toBeLessThan(1e-6);
      expect(tf.min(distances).arraySync()).toBeGreaterThanOrEqual(0);
      const loss = attentionLoss(goldenMatch(baseParams, how)).arraySync();
      expect(loss).toBeLessThanOrEqual(properties.lossUpperBound);
    });
  });

  test('a scaled copy is at distance 0, and scaling either map changes nothing', () => {
    tf.tidy(() => {
      const teacher = teacherFeatures();
      const copy = tf.mul<FeatureMap>(teacher[0] as FeatureMap, 3);
      const { distances } = mapDistances(
        layerMaps(teacher.slice(0, 1), true),
        layerMaps([copy], false),
        'meanSquare',
      );
      expect(largest(values(distances))).toBeLessThan(1e-7);
      const scaled = (maps: FeatureMap[], by: number): FeatureMap[] => maps.map((map) => tf.mul(map, by));
      const other = mapDistances(
        layerMaps(scaled(teacher, 7), true),
        layerMaps(scaled(studentFeatures(), 0.1), false),
        'meanSquare',
      );
      expect(largestGap(other.distances, base.train.dist)).toBeLessThan(2e-6);
    });
  });

  test('without queries, attention is that of the positions', () => {
    const zero = [0, 0, 0, 0];
    const silent: GoldenParams = {
      ...baseParams,
      query: baseParams.query.map((block) => ({ ...block, gamma: zero, beta: zero })),
    };
    tf.tidy(() => {
      const match = goldenMatch(silent, how);
      for (const perImage of tf.unstack(match.attention)) {
        expect(largestGap(perImage, properties.positionOnlyAtt)).toBeLessThan(2e-6);
      }
      expect(largestGap(attentionLoss(match), properties.positionOnlyLoss)).toBeLessThan(2e-6);
    });
  });

  test('one student map gets all attention, and the attention no gradient', () => {
    const single: GoldenParams = {
      ...baseParams,
      key: baseParams.key.slice(0, 1),
      pS: [(baseParams.pS as Numbers[])[0] ?? 0],
    };
    tf.tidy(() => {
      const named = namedWeights(single, 'teacher-query');
      const student = studentFeatures().slice(0, 1);
      const loss = (...xs: tf.Tensor[]): tf.Scalar => {
        const given = Object.fromEntries(
          Object.keys(named).map((name, index) => [name, xs[index] as tf.Tensor]),
        );
        const weights = attentionWeights(attentionShape(single), given);
        return attentionLoss(matched(teacherFeatures(), student, weights, how));
      };
      for (const gradient of tf.grads(loss)(Object.values(named))) {
        expect(largest(values(gradient))).toBeLessThan(1e-7);
      }
      const { attention } = matched(
        teacherFeatures(),
        student,
        attentionWeights(attentionShape(single), named),
        how,
      );
      expect(largestGap(tf.sub(attention, 1), values(tf.zeros([4, 4, 1])))).toBeLessThan(1e-6);
    });
  });

  test('a student map of one pixel becomes constant', () => {
    const { student, teacher, studentMapNormalised, dist } = golden.onePixelStudent;
    tf.tidy(() => {
      const small = layerMaps(featureMaps([student]), false);
      const { distances } = mapDistances(layerMaps(featureMaps([teacher]), true), small, 'meanSquare');
      expect(largestGap(distances, dist)).toBeLessThan(2e-6);
      expect(largestGap(small.onGrid({ height: 3, width: 3 }).units, studentMapNormalised)).toBeLessThan(
        1e-6,
      );
    });
  });
});
