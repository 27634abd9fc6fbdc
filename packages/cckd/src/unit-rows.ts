import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';

/** Squared length below which a row counts as zero. */
const ZERO_SQUARED_LENGTH = 1e-12;

/**
 * Rows scaled to unit length: `x_i = f_i / ‖f_i‖₂`.
 *
 * A row shorter than 1e-6 becomes the zero row and passes no gradient back.
 *
 * Certainty: the paper never writes this step, but its Eq. 9 holds for unit rows only, and its section 4.6 equates the
 * bilinear kernel with the cosine "when normalised".
 *
 * @param features `[n, d]`
 * @returns `[n, d]`
 */
export function unitRows(features: Embedding): Embedding {
  return tf.tidy(() => {
    const squaredLengths = tf.sum(tf.square(features), 1, true);
    // A row of dead ReLUs would otherwise meet the slope 1/√(1e-12) of the clamp and blow up the whole gradient.
    const alive = tf.step(tf.sub(squaredLengths, ZERO_SQUARED_LENGTH));
    const inverseLengths = tf.div(alive, tf.sqrt(tf.maximum(squaredLengths, ZERO_SQUARED_LENGTH)));
    return tf.mul<Embedding>(features, inverseLengths);
  });
}
