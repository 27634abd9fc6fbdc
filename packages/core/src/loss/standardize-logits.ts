import * as tf from '@tensorflow/tfjs-core';
import type { Logits } from '../tensor/index.js';

/**
 * Rows with mean 0 and standard deviation 1: `(z − mean(z)) / (std(z) + 1e-7)`, std with `classes − 1` in the divisor as
 * in the authors' code.
 *
 * @param logits `[n, classes]`, at least two classes
 * @see Sun et al., Logit Standardization in Knowledge Distillation, CVPR 2024, algorithm 1
 */
export function standardizeLogits(logits: Logits): Logits {
  const centred = tf.sub(logits, tf.mean(logits, 1, true));
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), Math.max(1, logits.shape[1] - 1));
  // The square root of 0 has an infinite gradient: a row of equal logits would turn everything into NaN.
  const deviation = tf.sqrt(tf.maximum(variance, 1e-14));
  return tf.div(centred, tf.add(deviation, 1e-7));
}
