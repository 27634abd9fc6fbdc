import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../engine/kernels/softmax-cross-entropy.js';
import { expectSameShape } from '../tensor/index.js';
import type { Logits, Probabilities, Scalar } from '../tensor/index.js';
import { weightedMean } from './weighted-mean.js';

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
  expectSameShape('crossEntropy(targets)', targets, 'crossEntropy(logits)', logits);
  return weightedMean(softmaxCrossEntropy(targets, logits), weights);
}
