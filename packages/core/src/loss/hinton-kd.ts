import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../engine/kernels/softmax-cross-entropy.js';
import { withoutTape } from '../engine/tape.js';
import { expectSameShape } from '../tensor/index.js';
import type { Logits, Scalar } from '../tensor/index.js';
import { weightedMean } from './weighted-mean.js';

/**
 * Hinton's distillation loss: `T² · (1/n) Σ_i KL(p_i^T ‖ q_i^T)` with p = softmax(teacher / T), q = softmax(student / T).
 *
 * Sum over classes, mean over the batch, in nats. The factor T² keeps the gradient `T (q − p) / n` of one size for every
 * temperature. The teacher is a constant.
 * @param teacher logits `[n, classes]`
 * @param student logits `[n, classes]`
 * @param temperature T > 0
 * @param weights `[n]`, factors of the images' divergences (`step.weights`); default 1
 * @throws DistillError code `shape`
 * @see Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, arXiv 1503.02531, section 2
 */
export function hintonKd(
  teacher: Logits,
  student: Logits,
  temperature: number,
  weights?: tf.Tensor1D,
): Scalar {
  expectSameShape('hintonKd(teacher)', teacher, 'hintonKd(student)', student);
  const { soft, negativeEntropy } = withoutTape(() =>
    tf.tidy(() => {
      const logSoft = tf.logSoftmax(tf.div<Logits>(teacher, temperature));
      const probabilities = tf.exp(logSoft);
      return { soft: probabilities, negativeEntropy: tf.sum<tf.Tensor1D>(tf.mul(probabilities, logSoft), 1) };
    }),
  );
  const divergence = tf.add(softmaxCrossEntropy(soft, student, temperature), negativeEntropy);
  return tf.mul<Scalar>(weightedMean(divergence, weights), temperature * temperature);
}
