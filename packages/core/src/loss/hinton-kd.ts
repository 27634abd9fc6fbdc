import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../engine/kernels/softmax-cross-entropy.js';
import { withoutTape } from '../engine/tape.js';
import { expectOption, temperatureRange } from '../option/index.js';
import { expectSameShape, expectShape } from '../tensor/index.js';
import type { Logits, Scalar } from '../tensor/index.js';
import { expectWeights, weightedMean } from './cross-entropy.js';

/**
 * Hinton's distillation loss: `T² · (1/n) Σ_i KL(p_i^T ‖ q_i^T)` with p = softmax(teacher / T), q = softmax(student / T).
 *
 * Sum over classes, mean over the batch, in nats. The factor T² keeps the magnitude of the gradient
 * `T (q − p) / n` about the same for every temperature. The teacher is a constant.
 * @param teacher logits `[n, classes]`
 * @param student logits `[n, classes]`
 * @param temperature T, 0.01 to 1000
 * @param weights `[n]`, factors of the images' divergences (`step.weights`); default 1
 * @throws DistillError codes `shape`, `option`
 * @see Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, arXiv 1503.02531, section 2
 */
export function hintonKd(
  teacher: Logits,
  student: Logits,
  temperature: number,
  weights?: tf.Tensor1D,
): Scalar {
  expectShape('hintonKd(student)', student, [null, null]);
  expectSameShape('hintonKd(teacher)', teacher, 'hintonKd(student)', student);
  expectOption('hintonKd(temperature)', temperature, temperatureRange);
  expectWeights(weights, student.shape[0]);
  return tf.tidy(() => {
    const { soft, negativeEntropy } = withoutTape(() => {
      const logSoft = tf.logSoftmax(tf.div<Logits>(teacher, temperature));
      const probabilities = tf.exp(logSoft);
      return { soft: probabilities, negativeEntropy: tf.sum<tf.Tensor1D>(tf.mul(probabilities, logSoft), 1) };
    });
    const divergence = tf.add(softmaxCrossEntropy(soft, student, temperature), negativeEntropy);
    return tf.mul<Scalar>(weightedMean(divergence, weights), temperature * temperature);
  });
}

/**
 * Rows with mean 0 and standard deviation 1: `(z − mean(z)) / (std(z) + 1e-7)`, where std divides by
 * `classes − 1` as in the authors' code.
 *
 * @param logits `[n, classes]`, at least two classes
 * @throws DistillError code `shape`
 * @see Sun et al., Logit Standardization in Knowledge Distillation, CVPR 2024, algorithm 1
 */
export function standardizeLogits(logits: Logits): Logits {
  expectShape('standardizeLogits', logits, [null, null]);
  return tf.tidy(() => {
    const centred = tf.sub(logits, tf.mean(logits, 1, true));
    const variance = tf.div(tf.sum(tf.square(centred), 1, true), Math.max(1, logits.shape[1] - 1));
    // The square root of 0 has an infinite gradient: a row of equal logits would turn everything into NaN.
    const deviation = tf.sqrt(tf.maximum(variance, 1e-14));
    return tf.div(centred, tf.add(deviation, 1e-7));
  });
}

/**
 * {@link hintonKd} on standardized logits of both networks, so that the student need not match the teacher's
 * scale.
 *
 * @param teacher logits `[n, classes]`
 * @param student logits `[n, classes]`
 * @param temperature the paper's base temperature τ (its scripts use 2, with a weight of 9)
 * @throws DistillError codes `shape`, `option`
 * @see Sun et al., Logit Standardization in Knowledge Distillation, CVPR 2024
 */
export function standardizedKd(
  teacher: Logits,
  student: Logits,
  temperature: number,
  weights?: tf.Tensor1D,
): Scalar {
  expectShape('standardizedKd(student)', student, [null, null]);
  expectSameShape('standardizedKd(teacher)', teacher, 'standardizedKd(student)', student);
  expectOption('standardizedKd(temperature)', temperature, temperatureRange);
  expectWeights(weights, student.shape[0]);
  return tf.tidy(() => {
    const constant = withoutTape(() => standardizeLogits(teacher));
    return hintonKd(constant, standardizeLogits(student), temperature, weights);
  });
}
