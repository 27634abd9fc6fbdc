import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, hintonKd } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { correlationCongruence, correlationMatrix, mimic, reverseKd } from '../src/index.js';
import { golden, inputs, largestGap, matrix, norm, valueAndGradient } from './golden.js';

const { tau } = golden.inputs;
const { instance } = golden;
const oneHot = (): tf.Tensor2D =>
  tf.cast(tf.oneHot(tf.tensor1d(golden.inputs.labels, 'int32'), 5) as tf.Tensor2D, 'float32');

await describeOnEngines('instance terms', () => {
  test.each([
    ['kd', hintonKd, instance['kd-forward']],
    ['kd in the order of Eq. 1', reverseKd, instance['kd-literal-eq1']],
  ] as const)('%s', (_name, kd, expected) => {
    const { value, gradient } = valueAndGradient((zs) => kd(matrix(inputs.zt), zs, tau), inputs.zs);
    // Core's takes a difference of two entropies of about 1.6, times τ² = 16: float32 leaves up to 16 · 2.4e-7.
    expect(Math.abs(value - expected.loss)).toBeLessThan(4e-6);
    expect(largestGap(gradient, expected.gradZs)).toBeLessThan(1e-5);
  });

  test('cross-entropy', () => {
    const { value, gradient } = valueAndGradient((zs) => crossEntropy(oneHot(), zs), inputs.zs);
    expect(Math.abs(value - instance.ce.loss)).toBeLessThan(1e-6);
    expect(largestGap(gradient, instance.ce.gradZs)).toBeLessThan(1e-5);
  });

  test('mimic', () => {
    const { value, gradient } = valueAndGradient((fs) => mimic(matrix(inputs.Ft), fs), inputs.Fs);
    expect(Math.abs(value - instance['mimic-raw'].loss)).toBeLessThan(1e-6);
    expect(largestGap(gradient, instance['mimic-raw'].gradFs)).toBeLessThan(1e-5);
  });

  test.each([
    ['kd', hintonKd],
    ['reverseKd', reverseKd],
  ] as const)('%s is 0 with gradient 0 where logits differ by a constant per row', (_name, kd) => {
    const shifted = inputs.zt.map((row, index) => row.map((value) => value + index - 1.5));
    const { value, gradient } = valueAndGradient((zs) => kd(matrix(inputs.zt), zs, tau), shifted);
    expect(Math.abs(value)).toBeLessThan(2e-6);
    expect(norm(gradient)).toBeLessThan(2e-6);
  });

  test.each([
    ['kd', hintonKd],
    ['reverseKd', reverseKd],
  ] as const)('τ² keeps the gradient of %s at one scale: 20 and 40 agree to 5 %%', (_name, kd) => {
    const at = (temperature: number): number =>
      norm(valueAndGradient((zs) => kd(matrix(inputs.zt), zs, temperature), inputs.zs).gradient);
    expect(at(40) / at(20)).toBeGreaterThan(0.95);
    expect(at(40) / at(20)).toBeLessThan(1.05);
  });
});

test.each([
  ['mimic', (x: tf.Tensor2D, y: tf.Tensor2D) => mimic(x, y), inputs.Ft, inputs.Fs],
  ['reverseKd', (x: tf.Tensor2D, y: tf.Tensor2D) => reverseKd(x, y, 4), inputs.zt, inputs.zs],
] as const)('no gradient of %s reaches the teacher', (_name, loss, teacherRows, studentRows) => {
  tf.tidy(() => {
    const teacher = tf.variable(matrix(teacherRows));
    const student = tf.variable(matrix(studentRows));
    const { grads } = tf.variableGrads(() => loss(teacher, student), [student, teacher]);
    expect(grads[student.name]).toBeDefined();
    expect(grads[teacher.name]).toBeUndefined();
  });
});

test('mimic refuses embeddings of two widths and says what to set', () => {
  expect(() => mimic(matrix(inputs.FtWide), matrix(inputs.Fs))).toThrow(
    /mimic\(student\): expected rows as wide as the teacher's, 5, got 3\. .*embeddingWidth/,
  );
});

test("ours is neither RepDistiller's nor torchdistill's loss on the same inputs", () => {
  const { 'repdistiller-CC': repdistiller, 'torchdistill-CCKDLoss': torchdistill } =
    golden.publicCodeVariants;
  const ours = (normalize: boolean, order = [0, 1, 2, 3]): number =>
    tf.tidy(() => {
      const rows = (features: number[][]): tf.Tensor2D => matrix(order.map((index) => features[index] ?? []));
      const options = { kernel: 'rbf-taylor' as const, gamma: 0.4, order: 2, normalize };
      return correlationCongruence(
        correlationMatrix(rows(inputs.Ft), options),
        correlationMatrix(rows(inputs.Fs), options),
        'mean',
      ).arraySync();
    });
  for (const normalize of [true, false]) {
    expect(Math.abs(ours(normalize) - repdistiller.loss)).toBeGreaterThan(0.05);
    expect(Math.abs(ours(normalize) - torchdistill.loss)).toBeGreaterThan(0.05);
  }
  // RepDistiller's compares neighbours in the batch only, so its value changes with the order; ours does not.
  const { perm, loss } = repdistiller.lossAfterBatchPermutation;
  expect(loss).not.toBeCloseTo(repdistiller.loss, 2);
  expect(ours(true, perm)).toBeCloseTo(ours(true), 6);
});
