import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Random } from '@distilljs/core';

/**
 * The teacher's counterpart of the student's head: a fixed random matrix with orthonormal columns (`PᵀP = I`, the teacher
 * made narrower) or rows (`PPᵀ = I`, the teacher made wider: every cosine stays as it was). Made narrower from d to w, a
 * cosine near 0 moves by about `√(1/w − 1/d)`.
 *
 * It is never trained. A trainable map on the teacher's side has a trivial minimum: both sides collapse onto one
 * direction, all correlations are equal, and the loss is 0.
 *
 * Certainty: the paper does not say where the teacher's layer comes from. Most likely it was trained with the teacher's
 * classifier; a teacher that has such a layer is better tapped there, without this projection.
 *
 * @param inputWidth d, the width of the teacher's embedding
 * @param width w
 * @param random decides the matrix
 * @returns `[d, w]`; the caller disposes it
 */
export function createFrozenProjection(inputWidth: number, width: number, random: Random): Tensor2D {
  const long = Math.max(inputWidth, width);
  const short = Math.min(inputWidth, width);
  return tf.tidy(() => {
    const gaussian = Float32Array.from({ length: long * short }, () => random.normal());
    const [orthonormal] = tf.linalg.qr(tf.tensor2d(gaussian, [long, short]));
    const columns = orthonormal as Tensor2D;
    return inputWidth >= width ? columns : tf.transpose(columns);
  });
}
