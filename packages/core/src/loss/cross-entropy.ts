import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../engine/kernels/softmax-cross-entropy.js';
import { belowOne, expectOption } from '../option/index.js';
import { expectSameShape, expectShape } from '../tensor/index.js';
import type { Logits, Probabilities, Scalar } from '../tensor/index.js';

/**
 * `(1/n) Σ_i w_i ℓ_i`: divided by the number of images, not by the sum of their weights. Weights have mean 1
 * over the training set, so an image's influence does not depend on its batch. Dividing by a batch's own sum
 * would give images in lightly weighted batches more influence.
 *
 * @param losses `[n]`
 * @param weights `[n]`; default 1
 * @throws DistillError code `shape`
 */
export function weightedMean(losses: tf.Tensor, weights: tf.Tensor1D | undefined): Scalar {
  expectShape('weightedMean(losses)', losses, [null]);
  if (weights === undefined) return tf.mean<Scalar>(losses);
  expectWeights(weights, losses.shape[0]);
  return tf.mean<Scalar>(tf.mul(losses, weights));
}

/**
 * Throws unless there is one weight per image: another shape would broadcast. Losses call this before they
 * compute anything, so that no tensor is left behind.
 *
 * @throws DistillError code `shape`
 */
export function expectWeights(weights: tf.Tensor1D | undefined, images: number): void {
  if (weights !== undefined) expectShape('weights', weights, [images]);
}

/**
 * Softmax cross-entropy, mean over the batch.
 *
 * `L = −(1/n) Σ_i Σ_c y_ic log softmax(z_i)_c`, in nats; its gradient is `(softmax(z) − y) / n`.
 * @param targets distributions, `[n, classes]` (rows sum to 1), constant
 * @param logits `[n, classes]`
 * @param weights `[n]`, factors of the images' losses (`step.weights`); default 1
 * @throws DistillError code `shape`
 */
export function crossEntropy(targets: Probabilities, logits: Logits, weights?: tf.Tensor1D): Scalar {
  expectShape('crossEntropy(logits)', logits, [null, null]);
  expectSameShape('crossEntropy(targets)', targets, 'crossEntropy(logits)', logits);
  expectWeights(weights, logits.shape[0]);
  return tf.tidy(() => weightedMean(softmaxCrossEntropy(targets, logits), weights));
}

/**
 * Cross-entropy with smoothed targets `y' = (1 − ε) y + ε / classes`, mean over the batch.
 *
 * @param oneHot `[n, classes]`
 * @param smoothing ε in `[0, 1)`; 0 is plain cross-entropy
 * @throws DistillError codes `shape`, `option`
 * @see Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7
 */
export function labelSmoothingCrossEntropy(
  oneHot: Probabilities,
  logits: Logits,
  smoothing: number,
  weights?: tf.Tensor1D,
): Scalar {
  expectShape('labelSmoothingCrossEntropy(logits)', logits, [null, null]);
  expectSameShape('labelSmoothingCrossEntropy(oneHot)', oneHot, 'labelSmoothingCrossEntropy(logits)', logits);
  expectOption('labelSmoothingCrossEntropy(smoothing)', smoothing, belowOne);
  expectWeights(weights, logits.shape[0]);
  return tf.tidy(() => {
    const classes = logits.shape[1];
    const smoothed = tf.add<Probabilities>(tf.mul(oneHot, 1 - smoothing), smoothing / classes);
    return crossEntropy(smoothed, logits, weights);
  });
}
