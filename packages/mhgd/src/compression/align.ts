import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { atLargest } from './largest.js';

/**
 * Which of a student's vectors stands for each of the teacher's: the one of largest `|cos|` (the first of several), with the
 * sign of its cosine. A row of zeros and one ±1 per teacher vector.
 *
 * No sample needs more than its first vector once `cos² ≥ ½`: the squared cosines of orthonormal vectors sum to at most 1.
 * Such a sample takes its first vector here too, however close the others are.
 *
 * @param candidates unit rows, the student's first vectors, `[n, candidates, c]`
 * @param teacher unit rows, `[n, k, c]`
 * @returns `[n, k, candidates]`, constant; times the candidates it is the aligned vectors `[n, k, c]`
 * @see Lee, Kim and Song, Self-supervised Knowledge Distillation using Singular Value Decomposition, ECCV 2018, eq. 3
 */
export function alignment(candidates: Tensor3D, teacher: Tensor3D): Tensor3D {
  const cosines = tf.matMul(teacher, candidates, false, true);
  return tf.mul(atLargest(tf.abs(cosines)), tf.sign(cosines));
}
