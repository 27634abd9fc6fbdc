import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  DistillError,
  expectOption,
  expectShape,
  flag,
  objectWith,
  oneOf,
  positive,
  unitRows,
  wholeNumber,
} from '@distilljs/core';
import type { Embedding, OptionChecks } from '@distilljs/core';

/** One kernel value per pair of images in a batch, `[n, n]`, symmetric: the paper's `C` (Eq. 3–5). */
export type Correlations = Tensor2D;

/**
 * Bilinear pool kernel: `C = F Fᵀ`, i.e. `φ(x, y) = xᵀ y`. With unit rows it is the cosine.
 *
 * ```ts
 * bilinear(tf.tensor2d([[1, 0], [0.6, 0.8]])); // [[1, 0.6], [0.6, 1]]
 * ```
 *
 * @param features `[n, d]`
 * @throws DistillError code `shape`
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4
 */
export function bilinear(features: Embedding): Correlations {
  expectShape('bilinear(features)', features, [null, null]);
  return tf.matMul(features, features, false, true);
}

/**
 * Taylor polynomial of the Gaussian RBF kernel in the inner product `s = F_i · F_j`:
 *
 * `C_ij = Σ_{p=0..P} exp(−2γ) (2γ)^p / p! · s^p  ≈  exp(−γ ‖F_i − F_j‖²)`
 *
 * The approximation holds for unit rows only, because it uses `‖a − b‖² = 2 − 2 a·b`. On other rows it is still a
 * kernel, but not a Gaussian. With P = 1 it is the bilinear kernel, scaled and shifted; with P = 0 it is constant.
 *
 * ```ts
 * taylorRbf(tf.tensor2d([[1, 0], [0.6, 0.8]]), 0.4, 2); // [[0.953, 0.717], [0.717, 0.953]]
 * ```
 *
 * @param features `[n, d]`, rows of unit length
 * @param gamma γ > 0; the paper's 0.4 corresponds to a standard deviation of 1.118
 * @param order P, 0 to 100; the paper's default is 2
 * @throws DistillError code `shape`, or `option` for a γ or P out of range
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 9
 *
 * Certainty: Eq. 8, the general form, prints the exponent as `P`; only `p` makes sense and agrees with Eq. 9.
 */
export function taylorRbf(features: Embedding, gamma: number, order: number): Correlations {
  expectShape('taylorRbf(features)', features, [null, null]);
  expectOption('taylorRbf(gamma)', gamma, correlationChecks.gamma);
  expectOption('taylorRbf(order)', order, correlationChecks.order);
  return tf.tidy(() => {
    const scaled = tf.mul<Correlations>(bilinear(features), 2 * gamma);
    // Horner's scheme: `tf.pow(s, 0)` has a NaN gradient at s = 0, and ReLU features do give orthogonal rows.
    let polynomial = tf.onesLike(scaled);
    for (let power = order; power >= 1; power--) {
      polynomial = tf.add<Correlations>(tf.mul(tf.mul(polynomial, scaled), 1 / power), 1);
    }
    return tf.mul<Correlations>(polynomial, Math.exp(-2 * gamma));
  });
}

/**
 * `D_ij = max(0, ‖f_i‖² + ‖f_j‖² − 2 f_i·f_j)`: squared Euclidean distances, without the `[n, n, d]` tensor of all
 * differences. Float32 rounding leaves an absolute error of about `1e-7 · ‖f‖²`, so the diagonal is not exactly 0.
 *
 * @param features `[n, d]`
 * @returns `[n, n]`
 */
function squaredDistances(features: Embedding): Tensor2D {
  return tf.tidy(() => {
    const count = features.shape[0];
    const squaredLengths = tf.sum(tf.square(features), 1);
    const sums = tf.add(tf.reshape(squaredLengths, [count, 1]), tf.reshape(squaredLengths, [1, count]));
    return tf.relu(tf.sub<Tensor2D>(sums, tf.mul(bilinear(features), 2)));
  });
}

/**
 * Gaussian RBF kernel, exact: `C_ij = exp(−γ ‖f_i − f_j‖²)`, with `γ = 1 / (2δ²)` and standard deviation δ. The paper
 * trains with its Taylor polynomial, {@link taylorRbf}.
 *
 * ```ts
 * gaussianRbf(tf.tensor2d([[1, 0], [0.6, 0.8]]), 0.4); // [[1, 0.726], [0.726, 1]]
 * ```
 *
 * @param features `[n, d]`
 * @param gamma γ > 0
 * @throws DistillError code `shape`, or `option` for a γ out of range
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4
 */
export function gaussianRbf(features: Embedding, gamma: number): Correlations {
  expectShape('gaussianRbf(features)', features, [null, null]);
  expectOption('gaussianRbf(gamma)', gamma, correlationChecks.gamma);
  return tf.tidy(() => tf.exp(tf.mul(squaredDistances(features), -gamma)));
}

/**
 * "Naive MMD", read literally: `C_ij = |m_i − m_j|`, where `m_i` is the mean over the components of `f_i`.
 *
 * ```ts
 * mmdMean(tf.tensor2d([[1, 0], [3, 4]])); // means 0.5 and 3.5: [[0, 3], [3, 0]]
 * ```
 *
 * @param features `[n, d]`
 * @throws DistillError code `shape`
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4: `k(x, y) = |1/n Σ_i x_i − 1/n Σ_i y_i|`.
 *
 * Certainty: the paper does not say what its index runs over; this reading fits "scalar" and the single bars. The other
 * usable reading is {@link mmdEuclid}. It is unknown which of them produced the paper's table 5.
 */
export function mmdMean(features: Embedding): Correlations {
  expectShape('mmdMean(features)', features, [null, null]);
  return tf.tidy(() => {
    const count = features.shape[0];
    const means = tf.mean(features, 1);
    return tf.abs(tf.sub<Correlations>(tf.reshape(means, [count, 1]), tf.reshape(means, [1, count])));
  });
}

/** Squared distance below which two rows count as equal and pass no gradient: the slope of √ grows without bound near 0. */
const SMALLEST_SQUARED_DISTANCE = 1e-12;

/**
 * "Naive MMD", second reading: `C_ij = ‖f_i − f_j‖₂`, the maximum mean discrepancy (linear kernel) of two sets with one
 * element each. The diagonal is 0 and passes no gradient.
 *
 * Certainty: see {@link mmdMean}; the paper's text allows both.
 *
 * ```ts
 * mmdEuclid(tf.tensor2d([[1, 0], [3, 4]])); // [[0, 4.472], [4.472, 0]]
 * ```
 *
 * @param features `[n, d]`
 * @throws DistillError code `shape`
 */
export function mmdEuclid(features: Embedding): Correlations {
  expectShape('mmdEuclid(features)', features, [null, null]);
  return tf.tidy(() => {
    // The slope of √ at 0 is infinite, and rounding leaves the diagonal anywhere near 0: so it is masked, not clamped.
    const offDiagonal = tf.sub(1, tf.eye(features.shape[0]));
    const squared = tf.mul(squaredDistances(features), offDiagonal);
    return tf.mul<Correlations>(tf.sqrt(tf.maximum(squared, SMALLEST_SQUARED_DISTANCE)), offDiagonal);
  });
}

/** Names of the pair metrics φ. */
export type KernelName = 'rbf-taylor' | 'rbf-exact' | 'bilinear' | 'mmd-mean' | 'mmd-euclid';

/** How a batch of embeddings becomes a correlation matrix. */
export interface CorrelationOptions {
  /**
   * The pair metric φ: `rbf-taylor` (Eq. 9), `rbf-exact`, `bilinear` (the cosine, when rows are normalized), or one of
   * the two readings of the paper's "naive MMD", `mmd-mean` and `mmd-euclid`. Default of `cckd`: `rbf-taylor`.
   */
  readonly kernel: KernelName;
  /** γ of the RBF kernels, above 0. Others ignore it. Default of `cckd`: 0.4. */
  readonly gamma: number;
  /** Order P of the Taylor polynomial, 0 to 100; `cckd` needs 1. Only `rbf-taylor` reads it. Default of `cckd`: 2. */
  readonly order: number;
  /** Whether rows are scaled to unit length first. Eq. 9 approximates a Gaussian only if they are. Default of `cckd`: true. */
  readonly normalize: boolean;
}

/** One check per option. */
export const correlationChecks: OptionChecks<CorrelationOptions> = {
  kernel: oneOf('rbf-taylor', 'rbf-exact', 'bilinear', 'mmd-mean', 'mmd-euclid'),
  gamma: positive,
  order: wholeNumber({ min: 0, max: 100 }),
  normalize: flag,
};

/** Below this largest entry, a kernel's differences between pairs vanish in rounding. */
const LEAST_ENTRY = 1e-3;

/**
 * Refuses settings of the Taylor kernel under which every pair of unit rows has nearly the same value: order 0, and a γ
 * that is too large for its order, because `e^{−2γ}` falls faster than the polynomial rises.
 *
 * @throws DistillError code `option`
 */
export function expectVisibleKernel({ kernel, gamma, order, normalize }: CorrelationOptions): void {
  if (kernel !== 'rbf-taylor' || !normalize) return;
  // Of a row with itself: the sum of all terms.
  let [power, sum] = [1, 1];
  const entries = Array.from({ length: 100 }, (_, at) => {
    power *= (2 * gamma) / (at + 1);
    sum += power;
    return sum * Math.exp(-2 * gamma);
  });
  const enough = entries.findIndex((entry) => entry >= LEAST_ENTRY) + 1;
  if (enough > 0 && order >= enough) return;
  throw new DistillError({
    code: 'option',
    where: 'cckd.order',
    expected: `an order at which the kernel tells pairs apart with gamma ${gamma}${enough === 0 ? '' : `: ${enough} or more`}`,
    got: String(order),
    hint: order === 0 ? 'At order 0 all pairs are alike.' : "Or lower gamma, or take kernel 'rbf-exact'.",
  });
}

/**
 * The mapping ψ: embeddings of a batch to the kernel value of every pair, `C_ij = φ(f_i, f_j)`.
 *
 * @param features `[n, d]`; any width: teacher and student may differ
 * @returns `[n, n]`, symmetric
 * @throws DistillError code `shape` when `features` is not a matrix, `option` for an unknown kernel or a number out of
 *   range
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 3–5
 */
export function correlationMatrix(features: Embedding, options: CorrelationOptions): Correlations {
  expectShape('correlationMatrix(features)', features, [null, null]);
  expectOption('correlationMatrix(options)', options, objectWith());
  for (const [name, check] of Object.entries(correlationChecks))
    expectOption(`correlationMatrix(options).${name}`, options[name as keyof CorrelationOptions], check);
  return tf.tidy(() => {
    const rows = options.normalize ? unitRows(features) : features;
    switch (options.kernel) {
      case 'rbf-taylor':
        return taylorRbf(rows, options.gamma, options.order);
      case 'rbf-exact':
        return gaussianRbf(rows, options.gamma);
      case 'bilinear':
        return bilinear(rows);
      case 'mmd-mean':
        return mmdMean(rows);
      case 'mmd-euclid':
        return mmdEuclid(rows);
    }
  });
}
