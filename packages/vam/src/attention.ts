import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  asFloats,
  aTensor,
  expectOption,
  expectSameShape,
  expectShape,
  listOf,
  positive,
  withoutTape,
} from '@distilljs/core';

/**
 * Attention of every child to all parents, independent of the input: `A_ji = exp(Θ_ji / τ) / Σ_m exp(Θ_jm / τ)`.
 *
 * The softmax runs over the parents, so every row sums to 1.
 *
 * @param theta Θ, `[children, parents]`
 * @param temperature τ above 0, a number or a tensor `[1]` or `[]`
 * @returns A, `[children, parents]`
 * @throws DistillError code `shape`, or `option` for a number that is not above 0
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: that the weights are a softmax of learned parameters is stated
 *   by the authors' released code; that they are the paper's "task-oriented attention" is our reading.
 */
export function taskAttention(theta: Tensor2D, temperature: number | tf.Tensor): Tensor2D {
  return tf.tidy(() => tf.softmax(scaled('taskAttention', theta, temperature)));
}

/**
 * Entropy of every child's attention, `H_j = −Σ_i A_ji ln A_ji` in nats: 0 for attention to one parent, `ln(parents)`
 * for uniform attention.
 *
 * Computed from the log-softmax, so that an attention of exactly 0 gives 0 and not NaN. At uniform attention the
 * gradient is 0: Θ needs random initial values.
 *
 * @param theta Θ, `[children, parents]`
 * @param temperature τ above 0, a number or a tensor `[1]` or `[]`
 * @returns H, `[children]`
 * @throws DistillError code `shape`, or `option` for a number that is not above 0
 */
export function attentionEntropy(theta: Tensor2D, temperature: number | tf.Tensor): Tensor1D {
  return tf.tidy(() => {
    const logAttention = tf.logSoftmax(scaled('attentionEntropy', theta, temperature));
    return tf.neg(tf.sum<Tensor1D>(tf.mul(tf.exp(logAttention), logAttention), 1));
  });
}

/**
 * Attention of 1 to the parent with the largest Θ (the first on ties) and of 0 to all others. No gradient.
 *
 * @param theta Θ, `[children, parents]`
 * @returns rows of 0 and 1, `[children, parents]`
 * @throws DistillError code `shape`
 */
export function hardAttention(theta: Tensor2D): Tensor2D {
  expectShape('hardAttention(theta)', theta, [null, null]);
  const parents = theta.shape[1];
  // tfjs refuses a oneHot of depth 1.
  if (parents === 1) return withoutTape(() => tf.onesLike(theta));
  return withoutTape(() =>
    tf.tidy(() => tf.cast(tf.oneHot(tf.argMax<Tensor1D>(theta, 1), parents) as Tensor2D, 'float32')),
  );
}

/**
 * The annealed temperature of the authors' released code: `τ = 5 / epoch`.
 *
 * That code applies two softmaxes, first to `Θ / 0.5`, then to the result's logarithm over `10 / epoch`; together they
 * are one softmax of `Θ · epoch / 5`. It calls this a Gumbel softmax, but adds no noise.
 *
 * @param epoch counted from 1
 * @throws DistillError code `option` for a number that is not above 0
 */
export function annealedTemperature(epoch: number): number {
  expectOption('annealedTemperature(epoch)', epoch, positive);
  return 5 / epoch;
}

/**
 * Every child's weighted sum of its parents' outputs: `X_j = Σ_i A_ji F_i`, as one matrix product.
 *
 * @param attention A, `[children, parents]`
 * @param parents F_i, all of one shape
 * @returns X_j per child, of that shape
 * @throws DistillError code `shape` when parents differ in shape or their number differs from the attention's columns;
 *   `option` when there are none
 */
export function mixParents(attention: Tensor2D, parents: readonly tf.Tensor[]): tf.Tensor[] {
  expectOption('mixParents(parents)', parents, listOf(aTensor, 1));
  expectShape('mixParents(attention)', attention, [null, parents.length]);
  const first = parents[0] as tf.Tensor;
  parents.forEach((parent, index) => {
    expectSameShape('mixParents(parents[0])', first, `mixParents(parents[${index}])`, parent);
  });
  const rows = tf.reshape<tf.Rank.R2>(tf.stack(parents.map((parent) => asFloats(parent))), [
    parents.length,
    first.size,
  ]);
  const mixed = tf.matMul(attention, rows);
  // tfjs has no gradient for an unstack into a single tensor.
  if (attention.shape[0] === 1) return [tf.reshape(mixed, first.shape)];
  return tf.unstack(tf.reshape(mixed, [attention.shape[0], ...first.shape]));
}

function scaled(where: string, theta: Tensor2D, temperature: number | tf.Tensor): Tensor2D {
  expectShape(`${where}(theta)`, theta, [null, null]);
  if (aTensor(temperature) !== undefined) expectOption(`${where}(temperature)`, temperature, positive);
  else
    expectShape(
      `${where}(temperature)`,
      temperature as tf.Tensor,
      (temperature as tf.Tensor).rank === 0 ? [] : [1],
    );
  return temperature === 1 ? theta : tf.div<Tensor2D>(theta, temperature);
}
