import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import golden from './fixtures/vam-golden.json' with { type: 'json' };

export { golden };

/** Nested lists of numbers, as the fixture has them. */
export type Nested = number | readonly Nested[];

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the rank of its fixture
export function tensor<T extends tf.Tensor>(values: Nested): T {
  const made: tf.Tensor = tf.tensor(values);
  return made as T;
}

/** Each value, gradients too, within 1e-5 of the expected one, relative above 1: float32 against float64. */
export function expectClose(found: tf.Tensor | Nested, expected: Nested, what = ''): void {
  const actual = found instanceof tf.Tensor ? [...found.dataSync()] : flatten(found);
  const wanted = flatten(expected);
  expect(actual.length, what).toBe(wanted.length);
  const gaps = wanted.map(
    (value, at) => Math.abs((actual[at] ?? NaN) - value) / Math.max(1, Math.abs(value)),
  );
  // Not `gap > 1e-5`, which NaN would pass.
  expect(
    gaps.filter((gap) => !(gap <= 1e-5)),
    what,
  ).toEqual([]);
}

/** A scalar within 1e-5 of the expected one, relative above 1. */
export function expectScalar(found: tf.Tensor, expected: number, what = ''): void {
  const gap = Math.abs((found.dataSync()[0] ?? NaN) - expected);
  expect(gap / Math.max(1, Math.abs(expected)), what).toBeLessThan(1e-5);
}

function flatten(values: Nested): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flatten);
}
