import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { hintonKd } from '@distilljs/core';
import type { LossTerms, Plan } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { reverseKd } from '../src/index.js';
import { golden, inputs, largestGap, matrix, valueAndGradient } from './golden.js';
import { network, stepOf, withPlan } from './planned.js';

const { instance } = golden;
const { tau } = golden.inputs;

/** The terms that a plan gives for the file's logits and features; what is given stands in for the student's. */
function termsOf(plan: Plan, given: { studentLogits?: Tensor2D; student?: tf.Tensor }): LossTerms {
  const outputs = {
    studentLogits: matrix(inputs.zs),
    teacherLogits: matrix(inputs.zt),
    student: matrix(inputs.Fs),
    teacher: matrix(inputs.Ft),
    oneHot: tf.oneHot(tf.tensor1d(golden.inputs.labels, 'int32'), 5) as Tensor2D,
    ...given,
  };
  return plan.phases[0]?.updates[0]?.terms(stepOf(outputs)) ?? {};
}

await describeOnEngines('terms of a plan', () => {
  test.each([
    ['kd', hintonKd, instance['kd-forward']],
    ['kd-reverse', reverseKd, instance['kd-literal-eq1']],
  ] as const)('%s: value and gradient of the logits, at the τ of the options', async (name, kd, expected) => {
    for (const temperature of [tau, 1.5]) {
      await withPlan({ ceWeight: 0.25, kdWeight: 0.75, instance: name, temperature }, (plan) => {
        const found = valueAndGradient((studentLogits) => {
          const { kd: term } = termsOf(plan, { studentLogits });
          expect(term?.weight).toBe(0.75);
          return term?.value as Scalar;
        }, inputs.zs);
        const wanted =
          temperature === tau
            ? { value: expected.loss, gradient: expected.gradZs }
            : valueAndGradient((zs) => kd(matrix(inputs.zt), zs, temperature), inputs.zs);
        // Core's KD leaves up to 4e-6, see instance.test.ts.
        expect(Math.abs(found.value - wanted.value)).toBeLessThan(4e-6);
        expect(largestGap(found.gradient, wanted.gradient)).toBeLessThan(1e-5);
      });
    }
  });

  test('mimic: value and gradient of the embedding', async () => {
    // As wide as the teacher: no head.
    const student = network(1, 5);
    await withPlan(
      { ceWeight: 0.25, kdWeight: 0.75, beta: 0, instance: 'mimic' },
      (plan) => {
        const { value, gradient } = valueAndGradient((rows) => {
          // A feature map of one pixel: its average is the row.
          const { mimic } = termsOf(plan, { student: tf.reshape(rows, [4, 1, 1, 3]) });
          expect(mimic?.weight).toBe(0.75);
          return mimic?.value as Scalar;
        }, inputs.Fs);
        expect(Math.abs(value - instance['mimic-raw'].loss)).toBeLessThan(1e-6);
        expect(largestGap(gradient, instance['mimic-raw'].gradFs)).toBeLessThan(1e-5);
      },
      { students: [student] },
    );
    student.dispose();
  });
});
