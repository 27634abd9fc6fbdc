import * as tf from '@tensorflow/tfjs-core';
import { hintonKd } from '@distilljs/core';
import type { Scalar } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionMatching, baseDefaults, rtk, rtkDefaults, studentQuery } from '../src/index.js';
import type { AttentionOptions } from '../src/index.js';
import { layerPair } from '../src/layer-pair.js';
import {
  base,
  baseParams,
  golden,
  largest,
  largestGap,
  rtkParams,
  studentFeatures,
  tensor,
} from './golden.js';
import type { Numbers } from './golden.js';
import { goldenNetworks, goldenPlan, goldenTaps, setGoldenWeights, termsOf } from './planned.js';

const { objective } = golden;
const { top2, top2_cosine: cosine, top2_teacherGrid: teacherGrid } = golden.rtkA.variants;

await describeOnEngines('terms of a plan', () => {
  test.each([
    ['the base method', attentionMatching(goldenTaps), base.train.loss, base.gradStudentFeatures],
    ['rtk', rtk({ ...goldenTaps, keep: 2 }), golden.rtkC.loss, golden.rtkC.gradStudentFeatures],
    ['student queries', rtk({ ...goldenTaps, ...studentQuery }), top2.loss, top2.gradStudentFeatures],
    [
      'student queries by cosine',
      rtk({ ...goldenTaps, ...studentQuery, distance: 'cosine' }),
      cosine.loss,
      cosine.gradStudentFeatures,
    ],
    [
      'student queries on the teacher grid',
      rtk({ ...goldenTaps, ...studentQuery, grid: 'teacher' }),
      teacherGrid.loss,
      teacherGrid.gradStudentFeatures,
    ],
    [
      'the base method with gates',
      attentionMatching({ ...goldenTaps, select: 'bestMatch', keep: 2 }),
      golden.rtkC.loss,
      golden.rtkC.gradStudentFeatures,
    ],
  ] as const)(
    'attention of %s: value and gradient of every student map',
    async (_, method, loss, gradients: readonly Numbers[]) => {
      const { direction } = method.options;
      const plan = await goldenPlan(method);
      setGoldenWeights(plan, direction === 'teacher-query' ? baseParams : rtkParams, direction);
      tf.tidy(() => {
        const attention = (...studentMaps: tf.Tensor[]): Scalar =>
          termsOf(plan, { studentMaps }).attention?.value as Scalar;
        const { value, grads } = tf.valueAndGrads(attention)(studentFeatures());
        expect(largestGap(value, loss)).toBeLessThan(2e-6);
        grads.forEach((gradient, layer) => {
          const expected = gradients[layer] as Numbers;
          expect(largest(expected)).toBeGreaterThan(0);
          expect(largestGap(gradient, expected), `map ${layer}`).toBeLessThan(2e-4 * largest(expected));
        });
      });
      plan.dispose();
    },
  );

  test('CE + α KD + β attention by value, and by gradient of the logits', async () => {
    const { alpha, beta } = objective;
    const plan = await goldenPlan(attentionMatching(goldenTaps));
    setGoldenWeights(plan, baseParams, 'teacher-query');
    tf.tidy(() => {
      const { ce, kd, attention } = termsOf(plan);
      expect([ce?.weight, kd?.weight, attention?.weight]).toEqual([1, alpha, beta]);
      expect(largestGap(ce?.value as tf.Tensor, objective.ce)).toBeLessThan(1e-5);
      expect(largestGap(kd?.value as tf.Tensor, objective.kl)).toBeLessThan(1e-5);
      const total = (studentLogits: tf.Tensor): Scalar =>
        Object.values(termsOf(plan, { studentLogits })).reduce<Scalar>(
          (sum, { value, weight }) => tf.add(sum, tf.mul(value, weight)),
          tf.scalar(0),
        );
      const { value, grad } = tf.valueAndGrad(total)(tensor(objective.studentLogits));
      expect(largestGap(value, objective.total)).toBeLessThan(2e-6 * beta);
      expect(largestGap(grad, objective.gradStudentLogits)).toBeLessThan(1e-5);
    });
    plan.dispose();
  });
});

test('KD has the temperature of the options', async () => {
  for (const temperature of [4, 1.5]) {
    const plan = await goldenPlan(rtk({ ...goldenTaps, temperature }));
    tf.tidy(() => {
      const [teacher, student] = [objective.teacherLogits, objective.studentLogits].map(
        (logits) => tensor(logits) as tf.Tensor2D,
      ) as [tf.Tensor2D, tf.Tensor2D];
      const expected = hintonKd(teacher, student, temperature).arraySync();
      expect(largestGap(termsOf(plan).kd?.value as tf.Tensor, expected)).toBe(0);
    });
    plan.dispose();
  }
});

test('leaves KD out for weight 0', async () => {
  const plan = await goldenPlan(rtk({ ...goldenTaps, kdWeight: 0 }));
  tf.tidy(() => {
    expect(Object.keys(termsOf(plan))).toEqual(['ce', 'attention']);
  });
  plan.dispose();
});

test('batches of one image are refused before weights are made', async () => {
  const before = tf.memory().numTensors;
  await expect((async () => goldenPlan(attentionMatching(goldenTaps), { batchSize: 1 }))()).rejects.toThrow(
    /batchSize: expected at least 2 for attention-matching, .*got 1\. .*16/,
  );
  expect(tf.memory().numTensors).toBe(before);
});

const runs = [[0, 1, 2], [3]];
test.each<[string, AttentionOptions, object]>([
  [
    'the base method',
    baseDefaults,
    { direction: 'teacher-query', grid: 'teacher', distance: 'meanSquare', rule: 'none', keep: 2, runs },
  ],
  [
    'rtk',
    rtkDefaults,
    { direction: 'teacher-query', grid: 'teacher', distance: 'meanSquare', rule: 'bestMatch', keep: 2, runs },
  ],
  [
    'student queries',
    { ...rtkDefaults, ...studentQuery },
    { direction: 'student-query', grid: 'student', distance: 'meanSquare', rule: 'topk', keep: 2, runs },
  ],
  [
    'student queries by cosine on the teacher grid',
    { ...rtkDefaults, ...studentQuery, distance: 'cosine', grid: 'teacher', keep: 3 },
    { direction: 'student-query', grid: 'teacher', distance: 'cosine', rule: 'topk', keep: 3, runs },
  ],
])('the options of %s reach the matching', (_, options, expected) => {
  const settled = layerPair('here', { ...options, ...goldenTaps }, goldenNetworks);
  expect(settled.matching).toEqual(expected);
});
