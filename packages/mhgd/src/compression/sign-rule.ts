import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { atLargest } from './largest.js';

/**
 * Vectors with the sign that makes their entry of largest magnitude positive (the first of several). The right singular
 * vector of a non-negative map is then non-negative.
 *
 * Certainty: our choice. Neither paper nor poster fixes the sign, and the authors' code leaves what the solver returns.
 * @param vectors rows, `[n, k, c]`
 */
export function positiveSign(vectors: Tensor3D): Tensor3D {
  const largest = tf.mul(vectors, atLargest(tf.abs(vectors)));
  return tf.mul(vectors, tf.sign(tf.sum(largest, 2, true)));
}
