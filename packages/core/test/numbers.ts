import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** Fails unless every number is within `tolerance` of its expected value. */
export function expectClose(
  got: Tensor | ArrayLike<number>,
  expected: Tensor | ArrayLike<number>,
  tolerance: number,
  what = 'values',
): void {
  const [found, wanted] = [valuesOf(got), valuesOf(expected)];
  expect(found.length, `number of ${what}`).toBe(wanted.length);
  // NaN must fail, hence the negation.
  const wrong = wanted.findIndex((value, index) => !(Math.abs((found[index] ?? NaN) - value) <= tolerance));
  expect(wrong < 0 ? '' : `${what}[${wrong}]: ${found[wrong]} instead of ${wanted[wrong]}`).toBe('');
}

/** Mean, and standard deviation with the full count in the divisor. */
export function momentsOf(values: ArrayLike<number>): { mean: number; deviation: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function valuesOf(given: Tensor | ArrayLike<number>): number[] {
  return 'dataSync' in given ? Array.from(given.dataSync()) : Array.from(given);
}
