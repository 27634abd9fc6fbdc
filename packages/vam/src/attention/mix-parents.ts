import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expectSameShape } from '@distilljs/core';

/**
 * Every child's weighted sum of its parents' outputs: `X_j = Σ_i A_ji F_i`, as one matrix product.
 *
 * @param attention A, `[children, parents]`
 * @param parents F_i, all of one shape
 * @returns X_j per child, of that shape
 * @throws DistillError code `shape` when parents differ in shape
 */
export function mixParents(attention: Tensor2D, parents: readonly tf.Tensor[]): tf.Tensor[] {
  const [first] = parents;
  if (first === undefined) return [];
  parents.forEach((parent, index) => {
    expectSameShape('mixParents(parents[0])', first, `mixParents(parents[${index}])`, parent);
  });
  const rows = tf.reshape<tf.Rank.R2>(tf.stack([...parents]), [parents.length, first.size]);
  const mixed = tf.matMul(attention, rows);
  // tfjs has no gradient for an unstack into one.
  if (attention.shape[0] === 1) return [tf.reshape(mixed, first.shape)];
  return tf.unstack(tf.reshape(mixed, [attention.shape[0], ...first.shape]));
}
