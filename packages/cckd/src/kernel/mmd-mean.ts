import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import type { Correlations } from './correlations.js';

/**
 * "Naive MMD", read letter by letter: `C_ij = |m_i − m_j|`, where `m_i` is the mean over the components of `f_i`.
 *
 * @param features `[n, d]`
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4: `k(x, y) = |1/n Σ_i x_i − 1/n Σ_i y_i|`.
 *
 * Certainty: the paper does not say what its index runs over; this reading fits "scalar" and the single bars. The other
 * usable one is {@link mmdEuclid}. Which of them gave the paper's table 5 is unknown.
 */
export function mmdMean(features: Embedding): Correlations {
  return tf.tidy(() => {
    const count = features.shape[0];
    const means = tf.mean(features, 1);
    return tf.abs(tf.sub<Correlations>(tf.reshape(means, [count, 1]), tf.reshape(means, [1, count])));
  });
}
