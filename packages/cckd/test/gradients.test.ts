import { resolveEngine } from '@distilljs/core';
import { beforeAll, expect, test } from 'vitest';
import { correlationCongruence, correlationMatrix, reverseKd } from '../src/index.js';
import type { KernelName } from '../src/index.js';
import { inputs, lcgMatrix, matrix, valueAndGradient } from './golden.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

type Loss = Parameters<typeof valueAndGradient>[0];

/** Largest gap between the gradient and central differences, as a share of the gradient's largest entry. */
function relativeGap(loss: Loss, at: number[][], step: number): number {
  const { gradient } = valueAndGradient(loss, at);
  const valueWith = (row: number, column: number, change: number): number =>
    valueAndGradient(
      loss,
      at.map((values, i) => values.map((value, j) => (i === row && j === column ? value + change : value))),
    ).value;
  const scale = Math.max(...gradient.flat().map(Math.abs));
  return Math.max(
    ...gradient.flatMap((values, row) =>
      values.map((value, column) => {
        const difference = valueWith(row, column, step) - valueWith(row, column, -step);
        return Math.abs(value - difference / (2 * step)) / scale;
      }),
    ),
  );
}

// Float32 and a step of 1e-2: rounding and curvature leave about 1 %.
test.each(['rbf-taylor', 'rbf-exact', 'bilinear', 'mmd-euclid', 'mmd-mean'] as const)(
  'central differences agree for %s with unit rows, order 4 and γ 1',
  (kernel: KernelName) => {
    const options = { kernel, gamma: 1, order: 4, normalize: true };
    const teacher = lcgMatrix(5, 6, 11);
    const loss: Loss = (student) =>
      correlationCongruence(
        correlationMatrix(matrix(teacher), options),
        correlationMatrix(student, options),
        'sum',
      );
    expect(relativeGap(loss, lcgMatrix(5, 4, 7), 1e-2)).toBeLessThan(0.02);
  },
);

test('central differences agree for the divergence in the order of Eq. 1', () => {
  expect(relativeGap((zs) => reverseKd(matrix(inputs.zt), zs, 2), inputs.zs, 1e-2)).toBeLessThan(0.02);
});
