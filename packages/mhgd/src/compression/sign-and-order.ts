import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensor } from '@distilljs/core';

/** 1 at the largest entry along the last axis (the first on ties), else 0; float32, the shape of `values`. */
export function atLargest<T extends Tensor>(values: T): T {
  const size = values.shape.at(-1) ?? 1;
  // tfjs refuses a oneHot of depth 1. Asked for float32, it writes integer bits on wasm (4.22.0).
  return size === 1 ? tf.onesLike(values) : (tf.cast(tf.oneHot(tf.argMax(values, -1), size), 'float32') as T);
}

/**
 * The sign rule of a teacher's vectors: the entry of largest magnitude (the first on ties) becomes positive. The first
 * right singular vector of a non-negative map is then non-negative.
 *
 * Certainty: our choice. Neither paper nor poster fixes the sign, and the authors' code keeps the solver's.
 * @param vectors rows, `[n, k, c]`
 */
export function positiveSign(vectors: Tensor3D): Tensor3D {
  const largest = tf.mul(vectors, atLargest(tf.abs(vectors)));
  return tf.mul(vectors, tf.sign(tf.sum(largest, 2, true)));
}

/**
 * The order and sign rule of a student's vectors: for each teacher vector, the student vector with the largest `|cos|`
 * (the first on ties), with the sign of its cosine. Each teacher vector gets a row of zeros with one ±1.
 *
 * @param student unit rows, `[n, candidates, c]`
 * @param teacher unit rows, `[n, k, c]`
 * @returns `[n, k, candidates]`; its product with the student's vectors is the aligned vectors, `[n, k, c]`
 * @see Lee, Kim and Song, Self-supervised Knowledge Distillation using Singular Value Decomposition, ECCV 2018, eq. 3
 */
export function alignment(student: Tensor3D, teacher: Tensor3D): Tensor3D {
  const cosines = tf.matMul(teacher, student, false, true);
  return tf.mul(atLargest(tf.abs(cosines)), tf.sign(cosines));
}
