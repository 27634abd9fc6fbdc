import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import { bilinear } from './bilinear.js';
import type { Correlations } from './correlations.js';

/**
 * Taylor polynomial of the Gaussian RBF kernel in the inner product `s = F_i · F_j`:
 *
 * `C_ij = Σ_{p=0..P} exp(−2γ) (2γ)^p / p! · s^p  ≈  exp(−γ ‖F_i − F_j‖²)`
 *
 * The approximation holds for unit rows only, because it uses `‖a − b‖² = 2 − 2 a·b`; on other rows it is still a kernel,
 * but no Gaussian. With P = 1 it is the bilinear kernel, scaled and shifted; with P = 0 it is constant.
 *
 * @param features `[n, d]`, rows of unit length
 * @param gamma γ > 0; the paper's 0.4 is a standard deviation of 1.118
 * @param order P ≥ 0; the paper's default is 2
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 9
 *
 * Certainty: Eq. 8, the general form, prints the exponent as `P`; only `p` makes sense and agrees with Eq. 9.
 */
export function taylorRbf(features: Embedding, gamma: number, order: number): Correlations {
  return tf.tidy(() => {
    const scaled = tf.mul<Correlations>(bilinear(features), 2 * gamma);
    // Horner: `tf.pow(s, 0)` has a NaN gradient at s = 0, and ReLU features do give orthogonal rows.
    let polynomial = tf.onesLike(scaled);
    for (let power = order; power >= 1; power--) {
      polynomial = tf.add<Correlations>(tf.mul(tf.mul(polynomial, scaled), 1 / power), 1);
    }
    return tf.mul<Correlations>(polynomial, Math.exp(-2 * gamma));
  });
}
