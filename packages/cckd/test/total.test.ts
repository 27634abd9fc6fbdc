import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { golden, inputs, largestGap, matrix } from './golden.js';
import { stepOf, totalOf, withPlan } from './planned.js';

await describeOnEngines('total loss', () => {
  test.each(golden.total)('alpha $alpha, beta $beta, $ccReduction', async (expected) => {
    const { alpha, beta, tau, gamma, order, ccReduction } = expected;
    const reduction = ccReduction as 'mean' | 'sum';
    await withPlan(
      { ceWeight: alpha, kdWeight: 1 - alpha, beta, temperature: tau, gamma, order, reduction },
      (plan) => {
        const update = plan.phases[0]?.updates[0];
        tf.tidy(() => {
          const oneHot = tf.cast(
            tf.oneHot(tf.tensor1d(golden.inputs.labels, 'int32'), 5) as Tensor2D,
            'float32',
          );
          const [teacherLogits, teacher] = [matrix(inputs.zt), matrix(inputs.Ft)];
          const total = (studentLogits: Tensor2D, student: Tensor2D): tf.Scalar =>
            totalOf(update?.terms(stepOf({ studentLogits, student, teacherLogits, teacher, oneHot })) ?? {});
          const { value, grads } = tf.valueAndGrads((...at: tf.Tensor[]) =>
            total(at[0] as Tensor2D, at[1] as Tensor2D),
          )([matrix(inputs.zs), matrix(inputs.Fs)]);
          // The KD term is core's; see instance.test.ts for its rounding.
          expect(Math.abs(value.arraySync() - expected.loss)).toBeLessThan(4e-6);
          const [gradZs, gradFs] = grads as [Tensor2D, Tensor2D];
          expect(largestGap(gradZs.arraySync(), expected.gradZs)).toBeLessThan(1e-5);
          expect(largestGap(gradFs.arraySync(), expected.gradFs)).toBeLessThan(1e-5);
        });
      },
    );
  });
});
