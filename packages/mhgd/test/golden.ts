import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import golden from './fixtures/mhgd-golden.json' with { type: 'json' };

export { golden };

/** A batch of one matrix. */
export function batchOfOne(rows: readonly (readonly number[])[]): Tensor3D {
  return tf.tensor3d([rows.map((row) => [...row])]);
}

/** All values of a tensor, or of nested lists. */
export function flat(values: Tensor | readonly unknown[]): number[] {
  return values instanceof tf.Tensor ? [...values.dataSync()] : (values.flat(Infinity) as number[]);
}

/** Largest absolute difference; Infinity when a value is NaN or the sizes differ. */
export function largestGap(a: Tensor | readonly unknown[], b: Tensor | readonly unknown[]): number {
  const [left, right] = [flat(a), flat(b)];
  if (left.length !== right.length) return Infinity;
  return left.reduce((worst, value, at) => {
    const gap = Math.abs(value - (right[at] ?? NaN));
    return gap <= worst ? worst : Number.isNaN(gap) ? Infinity : gap;
  }, 0);
}

/** Largest absolute difference as a share of the largest expected magnitude. */
export function relativeGap(a: Tensor | readonly unknown[], expected: Tensor | readonly unknown[]): number {
  return largestGap(a, expected) / Math.max(...flat(expected).map(Math.abs));
}
