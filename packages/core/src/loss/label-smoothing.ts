import * as tf from '@tensorflow/tfjs-core';
import type { Logits, Probabilities, Scalar } from '../tensor/index.js';
import { crossEntropy } from './cross-entropy.js';

/**
 * Cross-entropy with smoothed targets `y' = (1 − ε) y + ε / classes`, mean over the batch.
 *
 * @param oneHot `[n, classes]`
 * @param smoothing ε in `[0, 1)`; 0 is plain cross-entropy
 * @see Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7
 */
export function labelSmoothingCrossEntropy(
  oneHot: Probabilities,
  logits: Logits,
  smoothing: number,
  weights?: tf.Tensor1D,
): Scalar {
  const classes = logits.shape[1];
  const smoothed = tf.add<Probabilities>(tf.mul(oneHot, 1 - smoothing), smoothing / classes);
  return crossEntropy(smoothed, logits, weights);
}
