import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import type { Correlations } from './correlations.js';
import { squaredDistances } from './squared-distances.js';

/**
 * Gaussian RBF kernel, exact: `C_ij = exp(−γ ‖f_i − f_j‖²)`, with `γ = 1 / (2δ²)`. The paper trains with its
 * Taylor polynomial, {@link taylorRbf}.
 *
 * @param features `[n, d]`
 * @param gamma γ > 0
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4
 */
export function gaussianRbf(features: Embedding, gamma: number): Correlations {
  return tf.tidy(() => tf.exp(tf.mul(squaredDistances(features), -gamma)));
}
