import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape, stopGradient } from '@distilljs/core';
import type { Logits, Scalar } from '@distilljs/core';

/**
 * Distillation with the arguments of the divergence in the order in which the paper's Eq. 1 prints them:
 * `τ²/n Σ_i KL(p_i^s ‖ p_i^t)`, with `p = softmax(z / τ)`. The teacher's side is a constant.
 *
 * @param teacherLogits `[n, classes]`
 * @param studentLogits `[n, classes]`
 * @param temperature τ > 0
 * @throws DistillError code `shape` when the two differ
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 1, letter by letter.
 *
 * Certainty: every public implementation uses the other order, `KL(p^t ‖ p^s)`, as Hinton et al. do (core's `hintonKd`),
 * and that is what the paper most likely ran.
 */
export function reverseKd(teacherLogits: Logits, studentLogits: Logits, temperature: number): Scalar {
  expectSameShape('reverseKd(teacherLogits)', teacherLogits, 'reverseKd(studentLogits)', studentLogits);
  return tf.tidy(() => {
    const teacher = tf.logSoftmax(tf.div<Logits>(stopGradient(teacherLogits), temperature));
    const student = tf.logSoftmax(tf.div<Logits>(studentLogits, temperature));
    const divergence = tf.sum(tf.mul(tf.exp(student), tf.sub(student, teacher)));
    return tf.mul<Scalar>(divergence, temperature ** 2 / studentLogits.shape[0]);
  });
}
