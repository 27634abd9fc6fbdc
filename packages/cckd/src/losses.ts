import * as tf from '@tensorflow/tfjs-core';
import {
  DistillError,
  expectOption,
  expectSameShape,
  expectShape,
  oneOf,
  stopGradient,
  temperatureRange,
  weightedMean,
} from '@distilljs/core';
import type { Embedding, Logits, Scalar } from '@distilljs/core';
import type { Correlations } from './kernels.js';

/**
 * L2 mimic loss: `1/n Σ_i ‖f_i^s − f_i^t‖²`, summed over components and averaged over images. It replaces KD where
 * teacher and student share no classes (faces). The teacher's side is a constant.
 *
 * ```ts
 * mimic(tf.tensor2d([[1, 0], [3, 4]]), tf.tensor2d([[1, 1], [3, 2]])); // (1 + 4) / 2 = 2.5
 * ```
 *
 * @param teacher `[n, d]`
 * @param student `[n, d]`
 * @param weights `[n]`, factors of the images' losses; default 1
 * @throws DistillError code `shape` when shapes differ
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 2
 *
 * Certainty: the paper does not say whether rows are normalized first; here they are not.
 */
export function mimic(teacher: Embedding, student: Embedding, weights?: tf.Tensor1D): Scalar {
  expectShape('mimic(teacher)', teacher, [null, null]);
  expectShape('mimic(student)', student, [null, null]);
  const [count, width] = teacher.shape;
  if (student.shape[1] !== width) {
    throw new DistillError({
      code: 'shape',
      where: 'mimic(student)',
      expected: `rows as wide as the teacher's, ${width}`,
      got: `${student.shape[1]}`,
      hint: "Give the student an embedding head: embeddingWidth = the teacher's width.",
    });
  }
  expectShape('mimic(student)', student, [count, width]);
  if (weights !== undefined) expectShape('mimic(weights)', weights, [count]);
  return tf.tidy(() => weightedMean(tf.sum(tf.square(tf.sub(student, stopGradient(teacher))), 1), weights));
}

/**
 * Distillation with the divergence's arguments in the order of the paper's Eq. 1: `τ²/n Σ_i KL(p_i^s ‖ p_i^t)`, with
 * `p = softmax(z / τ)`, in nats. The teacher's side is a constant.
 *
 * ```ts
 * reverseKd(tf.tensor2d([[2, 0]]), tf.tensor2d([[0, 0]]), 4); // 0.495
 * ```
 *
 * @param teacherLogits `[n, classes]`
 * @param studentLogits `[n, classes]`
 * @param temperature τ, 0.01 to 1000
 * @param weights `[n]`, factors of the images' losses; default 1
 * @throws DistillError code `shape` when the two differ, `option` for a temperature outside 0.01 to 1000
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 1, as printed
 *
 * Certainty: every public implementation uses the other order, `KL(p^t ‖ p^s)`, as Hinton et al. do (core's
 * `hintonKd`), and that is what the paper most likely ran.
 */
export function reverseKd(
  teacherLogits: Logits,
  studentLogits: Logits,
  temperature: number,
  weights?: tf.Tensor1D,
): Scalar {
  expectShape('reverseKd(studentLogits)', studentLogits, [null, null]);
  expectSameShape('reverseKd(teacherLogits)', teacherLogits, 'reverseKd(studentLogits)', studentLogits);
  expectOption('reverseKd(temperature)', temperature, temperatureRange);
  if (weights !== undefined) expectShape('reverseKd(weights)', weights, [studentLogits.shape[0]]);
  return tf.tidy(() => {
    const teacher = tf.logSoftmax(tf.div<Logits>(stopGradient(teacherLogits), temperature));
    const student = tf.logSoftmax(tf.div<Logits>(studentLogits, temperature));
    const divergence = tf.sum(tf.mul(tf.exp(student), tf.sub(student, teacher)), 1);
    return tf.mul<Scalar>(weightedMean(divergence, weights), temperature ** 2);
  });
}

/** `mean`: over all n² pairs, as Eq. 6 prints it. `sum`: n² times that, the scale that fits the paper's β. */
export type PairReduction = 'mean' | 'sum';

/**
 * Correlation congruence: `L_CC = 1/n² · ‖C_t − C_s‖²_F`, over all n² entries, diagonal and both triangles included.
 * The teacher's side is a constant.
 *
 * ```ts
 * correlationCongruence(tf.tensor2d([[1, 0.6], [0.6, 1]]), tf.eye(2), 'mean'); // 2 · 0.36 / 4 = 0.18
 * ```
 *
 * @param teacher `[n, n]`
 * @param student `[n, n]`
 * @param reduction `sum` leaves out the factor 1/n²
 * @throws DistillError code `shape` when the two differ in size, `option` for an unknown reduction
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 6
 */
export function correlationCongruence(
  teacher: Correlations,
  student: Correlations,
  reduction: PairReduction,
): Scalar {
  expectShape('correlationCongruence(teacher)', teacher, [null, null]);
  const images = teacher.shape[1];
  expectShape('correlationCongruence(teacher)', teacher, [images, images]);
  expectOption('correlationCongruence(reduction)', reduction, oneOf('mean', 'sum'));
  expectSameShape('correlationCongruence(teacher)', teacher, 'correlationCongruence(student)', student);
  return tf.tidy(() => {
    const squaredGaps = tf.square(tf.sub(student, stopGradient(teacher)));
    return reduction === 'mean' ? tf.mean<Scalar>(squaredGaps) : tf.sum<Scalar>(squaredGaps);
  });
}
