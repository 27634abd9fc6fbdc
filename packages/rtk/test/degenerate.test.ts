import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionLoss, layerMaps, mapDistances, mapSummary, unitMaps } from '../src/index.js';
import type { MapSummary } from '../src/index.js';
import {
  golden,
  goldenWeights,
  largest,
  largestGap,
  matched,
  matching,
  rtkParams,
  studentFeatures,
  teacherFeatures,
} from './golden.js';
import type { Numbers } from './golden.js';

const values = (x: tf.Tensor): Numbers => x.arraySync();

await describeOnEngines('near-degenerate maps', () => {
  test('unit maps and their gradients are those of the reference, 0 for a map of zeros', () => {
    const { input, output, upstream, gradTorch } = golden.l2normalize;
    tf.tidy(() => {
      const units = (x: tf.Tensor): tf.Tensor => unitMaps(tf.expandDims(x, 0)).units;
      const maps = tf.tensor2d(input);
      expect(largestGap(units(maps), output)).toBeLessThan(1e-6);
      const gradient = tf.grad((x) => tf.sum(tf.mul(units(x), tf.tensor2d(upstream))))(maps);
      const expected = gradTorch.map((row, index) => (index === 1 ? [0, 0, 0] : row));
      expect(largestGap(gradient, expected)).toBeLessThan(1e-5);
    });
  });

  test('dead and tiny maps leave loss and gradients finite', () => {
    tf.tidy(() => {
      const [first, second] = studentFeatures() as [FeatureMap, FeatureMap];
      const [deadTeacher, ...rest] = teacherFeatures() as [FeatureMap, ...FeatureMap[]];
      const weights = goldenWeights(rtkParams, 'student-query');
      const teacher = [tf.zerosLike(deadTeacher), ...rest];
      for (const by of [0, 1e-7, 1e-12]) {
        const loss = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
          attentionLoss(
            matched(teacher, [x as FeatureMap, y as FeatureMap], weights, matching({ select: 'none' })),
          );
        const { value, grads } = tf.valueAndGrads(loss)([tf.mul(first, by), second]);
        expect(Number.isFinite(value.arraySync())).toBe(true);
        for (const gradient of grads) expect(Number.isFinite(largest(values(gradient)))).toBe(true);
      }
      const dead = mapDistances(layerMaps([tf.zerosLike(first)], false), layerMaps(rest, true), 'meanSquare');
      // A zero vector against unit vectors: 1 / pixels.
      expect(largestGap(tf.mul(dead.distances, 16), values(tf.ones([4, 1, 3])))).toBeLessThan(1e-6);
    });
  });

  test('the summaries and their gradients are those that tfjs derives', () => {
    tf.tidy(() => {
      const map = studentFeatures()[0] as FeatureMap;
      const derived = (x: FeatureMap): MapSummary => ({
        energy: tf.reshape(tf.sum(tf.square(x), 3), [4, 16]),
        means: tf.mean(x, [1, 2]),
      });
      const loss =
        (of: (x: FeatureMap) => MapSummary) =>
        (x: tf.Tensor): tf.Tensor => {
          const { energy, means } = of(x as FeatureMap);
          return tf.add(tf.sum(tf.square(energy)), tf.sum(tf.square(means)));
        };
      const own = tf.valueAndGrad(loss((x) => mapSummary(x, false)))(map);
      const other = tf.valueAndGrad(loss(derived))(map);
      expect(largestGap(own.value, values(other.value))).toBeLessThan(1e-3);
      expect(largestGap(own.grad, values(other.grad))).toBeLessThan(1e-4);
    });
  });
});
