import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expectShape } from '../tensor/index.js';

/** Squared length below which a row counts as zero. */
const ZERO_SQUARED_LENGTH = 1e-12;

/**
 * Rows scaled to unit length: `x_i = f_i / ‖f_i‖₂`.
 *
 * A row shorter than 1e-6 becomes the zero row and passes no gradient back.
 *
 * ```ts
 * unitRows(tf.tensor2d([[3, 4], [0, 0]])); // [[0.6, 0.8], [0, 0]]
 * ```
 *
 * @param rows `[n, d]`
 * @returns `[n, d]`
 * @throws DistillError code `shape`
 */
export function unitRows(rows: Tensor2D): Tensor2D {
  expectShape('unitRows', rows, [null, null]);
  return tf.tidy(() => {
    const squaredLengths = tf.sum(tf.square(rows), 1, true);
    // Otherwise a row of dead ReLUs would get the factor 1/√(1e-12) of the clamp, and the gradient would explode.
    const alive = tf.step(tf.sub(squaredLengths, ZERO_SQUARED_LENGTH));
    const inverseLengths = tf.div(alive, tf.sqrt(tf.maximum(squaredLengths, ZERO_SQUARED_LENGTH)));
    return tf.mul<Tensor2D>(rows, inverseLengths);
  });
}
