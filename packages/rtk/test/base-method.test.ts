import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { attentionLoss, attentionWeights, layerAttention, linearNorm, moveStatistics } from '../src/index.js';
import type { AttentionStatistics, NormStatistics } from '../src/index.js';
import {
  attentionShape,
  base,
  baseParams,
  goldenGradients,
  goldenMatch,
  goldenWeights,
  gradientParts,
  largest,
  largestGap,
  matched,
  matching,
  namedWeights,
  partGap,
  studentFeatures,
  teacherFeatures,
} from './golden.js';
import type { Numbers } from './golden.js';

const how = matching({ direction: 'teacher-query' });
const means = (maps: readonly tf.Tensor4D[]): tf.Tensor2D[] =>
  maps.map((map) => tf.mean<tf.Tensor2D>(map, [1, 2]));

/** The file's running statistics per block, side by side. */
function statistics(
  of: (side: 'query' | 'key' | 'bilinear', layer: number) => { runMean: Numbers; runVar: Numbers },
): AttentionStatistics {
  const joined = (side: 'query' | 'key' | 'bilinear', layers: number): NormStatistics => {
    const all = Array.from({ length: layers }, (_, layer) => of(side, layer));
    return {
      mean: tf.tensor1d(all.flatMap(({ runMean }) => runMean as number[])),
      variance: tf.tensor1d(all.flatMap(({ runVar }) => runVar as number[])),
    };
  };
  return { query: joined('query', 4), key: joined('key', 2), bilinear: joined('bilinear', 1) };
}

const running = (): AttentionStatistics =>
  statistics((side, layer) =>
    side === 'bilinear' ? baseParams.bilinear : (baseParams[side][layer] as (typeof baseParams.query)[0]),
  );

await describeOnEngines('the base method', () => {
  test('queries, keys and the bilinear product are those of the reference', () => {
    tf.tidy(() => {
      const weights = goldenWeights(baseParams, 'teacher-query');
      const query = linearNorm(means(teacherFeatures()), weights.query).output;
      expect(largestGap(query, base.train.query)).toBeLessThan(5e-6);
      const key = tf.relu(linearNorm(means(studentFeatures()), weights.key).output);
      expect(largestGap(key, base.train.key)).toBeLessThan(5e-6);
      const bilinear = linearNorm([tf.reshape(key, [-1, 4])], weights.bilinear).output;
      expect(largestGap(bilinear, base.train.bilinearKey)).toBeLessThan(5e-6);
      const position = tf.matMul(weights.queryPositions, weights.keyPositions, false, true);
      expect(largestGap(position, base.train.pLogit)).toBeLessThan(2e-6);
      const { logits } = layerAttention(means(teacherFeatures()), means(studentFeatures()), weights);
      expect(largestGap(logits, base.train.logit)).toBeLessThan(5e-6);
    });
  });

  test('attention, distances and loss are those of the reference', () => {
    tf.tidy(() => {
      const match = goldenMatch(baseParams, how);
      expect(largestGap(match.attention, base.train.att)).toBeLessThan(2e-6);
      expect(largestGap(match.distances, base.train.dist)).toBeLessThan(2e-6);
      const perTeacher = tf.mean(tf.sum(tf.mul(match.attention, match.distances), 2), 0);
      expect(largestGap(perTeacher, base.train.lossPerTeacher)).toBeLessThan(2e-6);
      expect(largestGap(attentionLoss(match), 0.174946876205)).toBeLessThan(2e-6);
    });
  });

  test('gradients of every student map and weight are those of the reference', () => {
    tf.tidy(() => {
      const { features, weights } = goldenGradients(baseParams, how);
      features.forEach((gradient, layer) => {
        const expected = base.gradStudentFeatures[layer] as Numbers;
        expect(largestGap(gradient, expected), `map ${layer}`).toBeLessThan(2e-4 * largest(expected));
      });
      const parts = gradientParts(base.gradParams, baseParams, 'teacher-query');
      const compared = parts.reduce((sum, { values }) => sum + values.length, 0);
      expect(compared).toBe(Object.values(weights).reduce((sum, { size }) => sum + size, 0));
      for (const part of parts) {
        // Tensors that are 0 in exact arithmetic are below 1e-16 there, and rounding here.
        const bound = Math.max(2e-4 * largest(part.values), 1e-7);
        expect(partGap(weights, part), part.of).toBeLessThan(bound);
      }
    });
  });

  test('biases and the bilinear offset get no gradient, nor does the teacher', () => {
    tf.tidy(() => {
      const { weights } = goldenGradients(baseParams, how);
      for (const name of ['query/bias', 'key/bias', 'bilinear/bias', 'bilinear/offset']) {
        expect(largest((weights[name] as tf.Tensor).arraySync() as Numbers), name).toBeLessThan(1e-7);
      }
      const [map, ...rest] = teacherFeatures();
      const weigh = goldenWeights(baseParams, 'teacher-query');
      const ofTeacher = (): unknown =>
        tf.grad((x) => attentionLoss(matched([x as tf.Tensor4D, ...rest], studentFeatures(), weigh, how)))(
          map as tf.Tensor,
        );
      expect(ofTeacher).toThrow(/Cannot compute gradient/);
    });
  });

  test('moving statistics after one batch are those of PyTorch', () => {
    tf.tidy(() => {
      const weights = goldenWeights(baseParams, 'teacher-query');
      const { batch } = layerAttention(means(teacherFeatures()), means(studentFeatures()), weights);
      const before = running();
      const after = base.bnAfterOneForward as Record<string, { runMean: Numbers; runVar: Numbers }>;
      const expected = statistics(
        (side, layer) => after[side === 'bilinear' ? side : `${side}${layer}`] as (typeof after)[string],
      );
      for (const [side, rows] of [
        ['query', 4],
        ['key', 4],
        ['bilinear', 4 * 2],
      ] as const) {
        const moved = moveStatistics(before[side], batch[side], rows);
        expect(largestGap(moved.mean, expected[side].mean.arraySync()), side).toBeLessThan(2e-6);
        expect(largestGap(moved.variance, expected[side].variance.arraySync()), side).toBeLessThan(2e-6);
      }
    });
  });

  test('attention with moving statistics is that of evaluation mode', () => {
    tf.tidy(() => {
      const weights = goldenWeights(baseParams, 'teacher-query');
      const { logits } = layerAttention(
        means(teacherFeatures()),
        means(studentFeatures()),
        weights,
        running(),
      );
      expect(largestGap(logits, base.eval.logit)).toBeLessThan(5e-6);
      const attention = tf.softmax(logits);
      expect(largestGap(attention, base.eval.att)).toBeLessThan(2e-6);
      const { distances, kept } = goldenMatch(baseParams, how);
      expect(largestGap(attentionLoss({ attention, distances, kept }), base.eval.loss)).toBeLessThan(2e-6);
    });
  });

  test('gradients agree with central differences', () => {
    tf.tidy(() => {
      const shape = attentionShape(baseParams);
      const named = namedWeights(baseParams, 'teacher-query');
      const loss = (name: string, changed: tf.Tensor): number =>
        tf.tidy(() => {
          const weights = attentionWeights(shape, { ...named, [name]: changed });
          return attentionLoss(matched(teacherFeatures(), studentFeatures(), weights, how)).arraySync();
        });
      const { weights } = goldenGradients(baseParams, how);
      for (const name of ['query/kernel', 'key/scale', 'bilinear/kernel', 'position/key']) {
        const gradient = Array.from((weights[name] as tf.Tensor).dataSync());
        const place = gradient.reduce(
          (best, value, at) => (Math.abs(value) > Math.abs(gradient[best] ?? 0) ? at : best),
          0,
        );
        const nudge = (by: number): tf.Tensor => {
          const values = Float32Array.from((named[name] as tf.Tensor).dataSync());
          values[place] = (values[place] ?? 0) + by;
          return tf.tensor(values, (named[name] as tf.Tensor).shape);
        };
        const difference = (loss(name, nudge(0.01)) - loss(name, nudge(-0.01))) / 0.02;
        // Float32 and a step of 1e-2: rounding and curvature leave about 1 %.
        expect(Math.abs(difference - (gradient[place] ?? NaN)), name).toBeLessThan(
          0.02 * Math.abs(difference),
        );
      }
    });
  });
});
