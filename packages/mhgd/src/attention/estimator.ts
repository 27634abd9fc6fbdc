import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import { batchNormTraining, expectRandom, expectShape, expectShapes, expectSizes } from '@distilljs/core';
import type { Embedding, NamedVariables, Random } from '@distilljs/core';
import { headWidth } from './attention.js';
import type { Graphs } from './attention.js';
import { EPSILON, fanOutNormal } from './embedder.js';

/**
 * Selects the heads that the estimator sees, per sample: `z ~ N(0, 1)`, 1 where z is above its mean over heads, else 0.
 * Half of the heads pass on average, at least one and at most A − 1 per sample. Nothing is rescaled.
 *
 * A single head always passes: its z equals the mean, so the rule would always hide it.
 *
 * @returns `[A, n, 1]`
 * @throws DistillError code `option`
 * @see the authors' code; neither the paper nor the poster mentions the mask. There a single head is never trained
 */
export function dropMask(heads: number, n: number, random: Random): Tensor3D {
  expectSizes('dropMask', { heads, n });
  expectRandom('dropMask(random)', random);
  if (heads === 1) return tf.ones([1, n, 1]);
  return tf.tidy(() => {
    const draws = Float32Array.from({ length: heads * n }, () => random.normal());
    const z = tf.tensor3d(draws, [heads, n, 1]);
    return tf.step(tf.sub(z, tf.mean(z, 0, true)));
  });
}

/** Reconstructs a module's back vectors from its front vectors, mixed by the graphs. Only phase `heads` uses it. */
export interface Estimator {
  /** `[C_F, H]`, `H = ⌊(C_F + C_B) / 2⌋`. */
  readonly hidden: Variable<tf.Rank.R2>;
  readonly gamma: Variable<tf.Rank.R1>;
  readonly beta: Variable<tf.Rank.R1>;
  /** `[A·H, C_B]`; row `a·H + h` is entry h of head a. */
  readonly kernel: Variable<tf.Rank.R2>;
  readonly bias: Variable<tf.Rank.R1>;
}

/**
 * A new estimator: kernels from {@link fanOutNormal}, scale 1, offset and bias 0.
 *
 * @throws DistillError code `option`
 */
export function createEstimator(heads: number, front: number, back: number, random: Random): Estimator {
  expectSizes('createEstimator', { heads, front, back });
  expectRandom('createEstimator(random)', random);
  const width = headWidth(front, back);
  return tf.tidy(() => ({
    hidden: fanOutNormal([front, width], random.fork('hidden')),
    gamma: tf.variable<tf.Rank.R1>(tf.ones([width])),
    beta: tf.variable<tf.Rank.R1>(tf.zeros([width])),
    kernel: fanOutNormal([heads * width, back], random.fork('kernel')),
    bias: tf.variable<tf.Rank.R1>(tf.zeros([back])),
  }));
}

/** @throws DistillError code `option` or `shape` for anything that {@link createEstimator} would not make */
export function expectEstimator(where: string, estimator: Estimator): void {
  expectShapes(where, estimator, { hidden: [null, null], kernel: [null, null] });
  const [, width] = estimator.hidden.shape;
  const [rows, back] = estimator.kernel.shape;
  expectShapes(where, estimator, {
    gamma: [width],
    beta: [width],
    kernel: [Math.ceil(rows / width) * width, back],
    bias: [back],
  });
}

export function estimatorWeights(name: string, estimator: Estimator): NamedVariables {
  return Object.fromEntries(
    Object.entries(estimator as unknown as NamedVariables).map(([key, variable]) => [
      `${name}/${key}`,
      variable,
    ]),
  );
}

/**
 * `v̂^B = l2norm(concat_a(m_a ∘ G_a f) W + b)` with `f = ReLU(BN(v^F W₁))`. Batch norm uses the batch's statistics.
 *
 * @param front v^F, `[n, C_F]`
 * @param graphs G, `[A, n, n]`
 * @param mask m, 0 or 1 per head and sample, `[A, n, 1]`
 * @returns unit rows, `[n, C_B]`
 * @throws DistillError code `shape`, or `option` for a value that is not an estimator
 * @see the authors' code; the poster shows the estimator only as a box
 */
export function estimate(front: Embedding, graphs: Graphs, mask: Tensor3D, estimator: Estimator): Embedding {
  expectEstimator('estimate(estimator)', estimator);
  const { hidden, gamma, beta, kernel, bias } = estimator;
  const [inputs, width] = hidden.shape;
  expectShape('estimate(front)', front, [null, inputs]);
  const n = front.shape[0];
  expectShape('estimate(graphs)', graphs, [kernel.shape[0] / width, n, n]);
  const heads = graphs.shape[0];
  expectShape('estimate(mask)', mask, [heads, n, 1]);
  const linear = tf.matMul(front, hidden);
  const features = tf.relu(batchNormTraining(linear, gamma as Tensor1D, beta as Tensor1D, EPSILON).y);
  // All heads share the features: one product of [A·n, n] and [n, H].
  const mixed = tf.reshape(tf.matMul(tf.reshape<tf.Rank.R2>(graphs, [heads * n, n]), features), [
    heads,
    n,
    -1,
  ]);
  const rows = tf.reshape(tf.transpose(tf.mul(mixed, mask), [1, 0, 2]), [n, -1]);
  const estimated = tf.add<Embedding>(tf.matMul(rows, kernel), bias);
  const squared = tf.sum(tf.square(estimated), 1, true);
  return tf.div(estimated, tf.sqrt(tf.maximum(squared, 1e-12)));
}
