import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '../tensor/index.js';

/**
 * `(1/n) Σ_i w_i ℓ_i`: divided by the number of images, not by the sum of their weights. Weights have mean 1 over the whole
 * training set, so that every image has the same say in whichever batch it comes; dividing by a batch's own sum would give
 * images in light batches more.
 *
 * @param losses `[n]`
 * @param weights `[n]`; default 1
 */
export function weightedMean(losses: tf.Tensor, weights: tf.Tensor1D | undefined): Scalar {
  return tf.mean<Scalar>(weights === undefined ? losses : tf.mul(losses, weights));
}
