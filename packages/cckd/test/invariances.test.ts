import { resolveEngine } from '@distilljs/core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { correlationCongruence, correlationMatrix } from '../src/index.js';
import type { KernelName } from '../src/index.js';
import { matrix, norm, valueAndGradient } from './golden.js';

const KERNELS: readonly KernelName[] = ['rbf-taylor', 'rbf-exact', 'bilinear', 'mmd-euclid'];
const WIDTH = 3;
const BATCH = 5;

beforeAll(async () => {
  await resolveEngine('cpu');
});

const component = fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround);
const row = fc
  .array(component, { minLength: WIDTH, maxLength: WIDTH })
  .filter((values) => Math.hypot(...values) > 0.1);
const batch = fc.array(row, { minLength: BATCH, maxLength: BATCH });
const scales = fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: BATCH, maxLength: BATCH });
const angles = fc.tuple(
  fc.double({ min: 0, max: 6, noNaN: true }),
  fc.double({ min: 0, max: 6, noNaN: true }),
);
const kernel = fc.constantFrom(...KERNELS);

/** Rotation about the third axis, then about the first. */
function rotated(rows: readonly number[][], [first, second]: readonly [number, number]): number[][] {
  const [c, s, d, t] = [Math.cos(first), Math.sin(first), Math.cos(second), Math.sin(second)];
  return rows.map(([x = 0, y = 0, z = 0]) => {
    const [a, b] = [c * x - s * y, s * x + c * y];
    return [a, d * b - t * z, t * b + d * z];
  });
}

const scaled = (rows: readonly number[][], factors: readonly number[]): number[][] =>
  rows.map((values, index) => values.map((value) => value * (factors[index] ?? 1)));

function loss(teacher: readonly number[][], student: readonly number[][], name: KernelName) {
  const options = { kernel: name, gamma: 0.4, order: 2, normalize: true };
  return valueAndGradient(
    (rows) =>
      correlationCongruence(
        correlationMatrix(matrix(teacher), options),
        correlationMatrix(rows, options),
        'mean',
      ),
    student,
  );
}

test('a rotated and rescaled teacher is a perfect student', () => {
  fc.assert(
    fc.property(batch, scales, angles, kernel, (teacher, factors, turn, name) => {
      // Entries agree to about 1e-6, the root of mmd-euclid to 1e-3; the loss squares them.
      expect(loss(teacher, rotated(scaled(teacher, factors), turn), name).value).toBeLessThan(1e-6);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('the loss does not see rotations and lengths of the student, nor the order of the batch', () => {
  fc.assert(
    fc.property(batch, batch, scales, angles, kernel, (teacher, student, factors, turn, name) => {
      const { value } = loss(teacher, student, name);
      // The root of mmd-euclid turns float32's 1e-7 between two equal rows into 3e-4.
      const digits = name === 'mmd-euclid' ? 2 : 4;
      expect(loss(teacher, rotated(student, turn), name).value).toBeCloseTo(value, digits);
      expect(loss(teacher, scaled(student, factors), name).value).toBeCloseTo(value, digits);
      expect(loss([...teacher].reverse(), [...student].reverse(), name).value).toBeCloseTo(value, 5);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('each gradient row is orthogonal to its feature row', () => {
  fc.assert(
    fc.property(batch, batch, kernel, (teacher, student, name) => {
      const { gradient } = loss(teacher, student, name);
      gradient.forEach((values, index) => {
        const feature = student[index] ?? [];
        const inner = values.reduce((sum, value, axis) => sum + value * (feature[axis] ?? 0), 0);
        expect(Math.abs(inner)).toBeLessThan(1e-5);
      });
      expect(norm(gradient)).toBeLessThan(100);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('with unit rows, order 2 and γ 0.4 the loss is at most 0.516855', () => {
  fc.assert(
    fc.property(batch, batch, (teacher, student) => {
      expect(loss(teacher, student, 'rbf-taylor').value).toBeLessThan(0.516856);
    }),
    { numRuns: 40, seed: 1 },
  );
});
