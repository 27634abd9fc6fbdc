import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import type { Correlations } from './correlations.js';
import { squaredDistances } from './squared-distances.js';

/** Squared distance below which two rows count as equal: the slope of the root ends there. */
const SMALLEST_SQUARED_DISTANCE = 1e-12;

/**
 * "Naive MMD", second reading: `C_ij = ‖f_i − f_j‖₂`, the maximum mean discrepancy (linear kernel) of two sets with one
 * element each. The diagonal is 0 and passes no gradient.
 *
 * Certainty: see {@link mmdMean}; the paper's text allows both.
 *
 * @param features `[n, d]`
 */
export function mmdEuclid(features: Embedding): Correlations {
  return tf.tidy(() => {
    // The slope of √ at 0 is infinite, and rounding leaves the diagonal anywhere near 0: it is cut out, not clamped.
    const offDiagonal = tf.sub(1, tf.eye(features.shape[0]));
    const squared = tf.mul(squaredDistances(features), offDiagonal);
    return tf.mul<Correlations>(tf.sqrt(tf.maximum(squared, SMALLEST_SQUARED_DISTANCE)), offDiagonal);
  });
}
