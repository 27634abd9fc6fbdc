import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { correlationCongruence, correlationMatrix, unitRows } from '../src/index.js';
import type { CorrelationOptions } from '../src/index.js';
import {
  correlationCases,
  golden,
  inputs,
  largestGap,
  lcgMatrix,
  matrix,
  norm,
  valueAndGradient,
} from './golden.js';

const PAPER: CorrelationOptions = { kernel: 'rbf-taylor', gamma: 0.4, order: 2, normalize: true };
const MMD_AND_COSINE_DIAGONALS = [
  ['rbf-exact', 1],
  ['bilinear', 1],
  ['rbf-taylor', 0.952577],
  ['mmd-mean', 0],
  ['mmd-euclid', 0],
] as const;

function congruence(
  options: CorrelationOptions,
  teacher: readonly number[][],
  reduction: 'mean' | 'sum' = 'mean',
) {
  return (student: tf.Tensor2D): tf.Scalar =>
    correlationCongruence(
      correlationMatrix(matrix(teacher), options),
      correlationMatrix(student, options),
      reduction,
    );
}

await describeOnEngines('correlation congruence', () => {
  test.each(correlationCases)('$id: loss, gradient and both matrices as in the golden file', (golden) => {
    const teacher = inputs[golden.teacher];
    const { value, gradient } = valueAndGradient(
      congruence(golden.options, teacher, golden.reduction),
      inputs.Fs,
    );
    expect(Math.abs(value - golden.loss)).toBeLessThan(1e-6);
    expect(largestGap(gradient, golden.gradFs)).toBeLessThan(1e-5);
    tf.tidy(() => {
      const student = correlationMatrix(matrix(inputs.Fs), golden.options).arraySync();
      expect(largestGap(student, golden.corrStudent)).toBeLessThan(2e-6);
      const constant = correlationMatrix(matrix(teacher), golden.options).arraySync();
      expect(largestGap(constant, golden.corrTeacher)).toBeLessThan(2e-6);
    });
  });

  test('no gradient reaches the teacher', () => {
    tf.tidy(() => {
      const student = tf.variable(matrix(inputs.Fs));
      const teacher = tf.variable(matrix(inputs.Ft));
      const { grads } = tf.variableGrads(
        () =>
          correlationCongruence(correlationMatrix(teacher, PAPER), correlationMatrix(student, PAPER), 'mean'),
        [student],
      );
      expect(norm((grads[student.name] as tf.Tensor2D).arraySync())).toBeCloseTo(0.026542, 5);
      const both = tf.variableGrads(
        () =>
          correlationCongruence(correlationMatrix(teacher, PAPER), correlationMatrix(student, PAPER), 'mean'),
        [student, teacher],
      ).grads;
      expect(both[teacher.name]).toBeUndefined();
    });
  });

  test.each(golden.kernelTableGamma04)('kernel table at cosine $cos', (row) => {
    tf.tidy(() => {
      // Two unit vectors at that cosine.
      const rows = matrix([
        [1, 0],
        [row.cos, Math.sqrt(1 - row.cos ** 2)],
      ]);
      const at = (options: Partial<CorrelationOptions>): number =>
        correlationMatrix(rows, { ...PAPER, ...options }).arraySync()[0]?.[1] ?? NaN;
      expect(at({ kernel: 'rbf-exact' })).toBeCloseTo(row.exact, 6);
      expect(at({ order: 0 })).toBeCloseTo(row.P0, 6);
      expect(at({ order: 1 })).toBeCloseTo(row.P1, 6);
      expect(at({ order: 2 })).toBeCloseTo(row.P2, 6);
      expect(at({ order: 3 })).toBeCloseTo(row.P3, 6);
      expect(at({ order: 4 })).toBeCloseTo(row.P4, 6);
      expect(at({ order: 12 })).toBeCloseTo(row.exact, 6);
    });
  });

  test('order 0 is constant: loss 0 and gradient 0', () => {
    const { value, gradient } = valueAndGradient(congruence({ ...PAPER, order: 0 }, inputs.Ft), inputs.Fs);
    expect(value).toBe(0);
    expect(norm(gradient)).toBe(0);
  });

  test('order 1 is the bilinear loss times (2γ exp(−2γ))² = 0.12921377', () => {
    const first = valueAndGradient(congruence({ ...PAPER, order: 1 }, inputs.Ft), inputs.Fs).value;
    const bilinear = valueAndGradient(
      congruence({ ...PAPER, kernel: 'bilinear' }, inputs.Ft),
      inputs.Fs,
    ).value;
    expect(first / bilinear).toBeCloseTo(golden.propertyResiduals.order1FactorOnLoss, 5);
  });

  test.each(MMD_AND_COSINE_DIAGONALS)('%s is symmetric with %d on the diagonal', (kernel, diagonal) => {
    const rows = tf.tidy(() =>
      correlationMatrix(matrix(lcgMatrix(12, 8, 1)), { ...PAPER, kernel }).arraySync(),
    );
    rows.forEach((row, i) => {
      expect(row[i]).toBeCloseTo(diagonal, 5);
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(rows[j]?.[i] ?? NaN, 6);
      });
    });
  });

  test('the sum is n² times the mean', () => {
    const mean = valueAndGradient(congruence(PAPER, inputs.Ft, 'mean'), inputs.Fs).value;
    const sum = valueAndGradient(congruence(PAPER, inputs.Ft, 'sum'), inputs.Fs).value;
    expect(sum / mean).toBeCloseTo(16, 4);
  });

  // Seeds, widths and the expected numbers: `seededBatch` of the golden file.
  test.each([
    ['bilinear', golden.seededBatch.bilinearUnit],
    ['rbf-taylor', golden.seededBatch.taylor2Unit],
    ['rbf-exact', golden.seededBatch.rbfExactUnit],
    ['mmd-mean', golden.seededBatch.mmdMeanUnit],
  ] as const)('%s on a seeded batch of 12, widths 8 and 16', (kernel, expected) => {
    const student = lcgMatrix(12, 8, 1);
    expect(student[0]?.slice(0, 3)).toEqual(golden.seededBatch.first3Student);
    const { value, gradient } = valueAndGradient(
      congruence({ ...PAPER, kernel }, lcgMatrix(12, 16, 2)),
      student,
    );
    expect(Math.abs(value - expected.loss)).toBeLessThan(1e-6);
    expect(Math.abs(norm(gradient) - expected.gradNorm)).toBeLessThan(1e-5);
    expect(largestGap([gradient[0] ?? []], [expected.gradRow0])).toBeLessThan(1e-5);
  });

  test('a zero row keeps every kernel and its gradient finite, and gets no gradient itself', () => {
    const student = inputs.Fs.map((row, index) => (index === 2 ? [0, 0, 0] : row));
    for (const { options } of correlationCases.filter(({ options: { normalize } }) => normalize)) {
      const { value, gradient } = valueAndGradient(congruence(options, inputs.Ft), student);
      expect(Number.isFinite(value)).toBe(true);
      expect(norm(gradient)).toBeLessThan(10);
      expect(norm([gradient[2] ?? []])).toBe(0);
    }
  });

  test('equal rows keep the gradient finite', () => {
    const student = [inputs.Fs[0] ?? [], inputs.Fs[0] ?? [], inputs.Fs[1] ?? [], inputs.Fs[2] ?? []];
    for (const { options } of correlationCases) {
      expect(norm(valueAndGradient(congruence(options, inputs.Ft), student).gradient)).toBeLessThan(100);
    }
  });

  test('unit rows have length 1', () => {
    const rows = tf.tidy(() => unitRows(matrix(inputs.Fs)).arraySync());
    expect(largestGap(rows, golden.normalizedFs)).toBeLessThan(1e-6);
  });

  test('every kernel leaves no tensor behind', () => {
    const features = matrix(inputs.Fs);
    const before = tf.memory().numTensors;
    for (const { options } of correlationCases) correlationMatrix(features, options).dispose();
    expect(tf.memory().numTensors).toBe(before);
    features.dispose();
  });
});

test('batches of different sizes are refused', () => {
  expect(() => correlationCongruence(tf.zeros([4, 4]), tf.zeros([3, 3]), 'mean')).toThrow(
    /correlationCongruence\(teacher\) and correlationCongruence\(student\): expected equal shapes, got \[4, 4\] and \[3, 3\]/,
  );
  expect(() => correlationMatrix(tf.zeros([4, 2, 2, 3]) as unknown as tf.Tensor2D, PAPER)).toThrow(
    /correlationMatrix\(features\): expected shape \[\*, \*\], got \[4, 2, 2, 3\]/,
  );
});
