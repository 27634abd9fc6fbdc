import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Radial basis function of every pair of entries of the k-th vectors at both ends of a module:
 * `R[i, k, b, f] = exp(−(v^B_{k,b} − v^F_{k,f})² / β)`.
 *
 * @param front `[n, k, C_F]`
 * @param back `[n, k, C_B]`
 * @param beta above 0; 8 in paper and code
 * @returns `[n, k, C_B, C_F]`
 * @see Lee, Kim and Song, Self-supervised Knowledge Distillation using Singular Value Decomposition, ECCV 2018
 */
export function relation(front: Tensor3D, back: Tensor3D, beta: number): Tensor4D {
  const difference = tf.sub(tf.expandDims(back, 3), tf.expandDims(front, 2));
  return tf.exp(tf.div<Tensor4D>(tf.square(difference), -beta));
}
