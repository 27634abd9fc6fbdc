import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { expectOption, temperatureRange } from '../option/index.js';
import { expectSameShape, expectShape } from '../tensor/index.js';
import type { Logits, Probabilities, Scalar } from '../tensor/index.js';
import { unitRows } from './unit-rows.js';
import { expectWeights, weightedMean } from './cross-entropy.js';

/*
 * Losses between logits that refine Hinton's, from simple to complex. The teacher is a constant in all of them.
 */

/** The two relations of {@link distRelations}. */
export interface DistRelations {
  /** Between the classes of an image, mean over images, `[0, 2 T²]`. */
  readonly inter: Scalar;
  /** Between the images of a batch for a class, mean over classes, `[0, 2 T²]`. */
  readonly intra: Scalar;
}

/**
 * DIST's relations: `T² (1 − mean Pearson correlation)` of the softened probabilities of student and teacher,
 * over rows (inter) and over columns (intra).
 *
 * A row or column that is constant in either network counts as uncorrelated and passes no gradient back.
 *
 * @param teacher logits `[n, classes]`
 * @param student logits `[n, classes]`
 * @param temperature T, 0.01 to 1000
 * @throws DistillError codes `shape`, `option`
 * @see Huang et al., Knowledge Distillation from A Stronger Teacher, NeurIPS 2022, Eq. 6 to 9; T² is in the authors' code
 */
export function distRelations(teacher: Logits, student: Logits, temperature: number): DistRelations {
  expectShape('distRelations(student)', student, [null, null]);
  expectSameShape('distRelations(teacher)', teacher, 'distRelations(student)', student);
  expectOption('distRelations(temperature)', temperature, temperatureRange);
  const soften = (logits: Logits): Probabilities => tf.softmax<Logits>(tf.div(logits, temperature), 1);
  return tf.tidy(() => {
    const [constant, soft] = [withoutTape(() => soften(teacher)), soften(student)];
    const unlike = (t: Probabilities, s: Probabilities): Scalar =>
      tf.mul<Scalar>(tf.sub(1, tf.mean(correlations(t, s))), temperature * temperature);
    return { inter: unlike(constant, soft), intra: unlike(tf.transpose(constant), tf.transpose(soft)) };
  });
}

/** Pearson's correlation of each row of one matrix with the same row of the other, `[n]`. */
function correlations(one: Probabilities, other: Probabilities): Tensor1D {
  const standard = (rows: Probabilities): Probabilities =>
    unitRows(tf.sub<Probabilities>(rows, tf.mean(rows, 1, true)));
  return tf.sum(tf.mul(standard(one), standard(other)), 1);
}

/** The two parts of Hinton's loss; see {@link decoupledKd}. */
export interface DecoupledKd {
  /** TCKD: `T² KL` between (target, rest) of both networks, mean over the batch. */
  readonly target: Scalar;
  /** NCKD: `T² KL` between the classes other than the target, renormalized, mean over the batch. */
  readonly others: Scalar;
}

/** A logit whose softmax is 0. Finite, because 0 · ∞ would be NaN. */
const MASKED = -1e9;

/**
 * Hinton's loss in its two parts. With p the teacher's and q the student's softened probabilities, y the target class:
 *
 * `target = T² KL((p_y, 1 − p_y) ‖ (q_y, 1 − q_y))`, `others = T² KL(p_c / (1 − p_y) ‖ q_c / (1 − q_y))` over the classes c ≠ y.
 *
 * Hinton's loss is `target + (1 − p_y) · others`: a confident teacher suppresses the information about other
 * classes.
 *
 * @param teacher logits `[n, classes]`
 * @param student logits `[n, classes]`
 * @param oneHot labels `[n, classes]`
 * @param temperature T, 0.01 to 1000
 * @param weights `[n]`, factors of the images' divergences (`step.weights`); default 1
 * @throws DistillError codes `shape`, `option`
 * @see Zhao et al., Decoupled Knowledge Distillation, CVPR 2022, Eq. 6 and 7
 */
export function decoupledKd(
  teacher: Logits,
  student: Logits,
  oneHot: Probabilities,
  temperature: number,
  weights?: Tensor1D,
): DecoupledKd {
  expectShape('decoupledKd(student)', student, [null, null]);
  expectSameShape('decoupledKd(teacher)', teacher, 'decoupledKd(student)', student);
  expectOption('decoupledKd(temperature)', temperature, temperatureRange);
  expectSameShape('decoupledKd(oneHot)', oneHot, 'decoupledKd(student)', student);
  expectWeights(weights, student.shape[0]);
  const split = (logits: Logits): { readonly binary: Logits; readonly rest: Logits } => {
    const soft = tf.div<Logits>(logits, temperature);
    const rest = tf.add<Logits>(tf.mul(soft, tf.sub(1, oneHot)), tf.mul(oneHot, MASKED));
    // log p_y and log (1 − p_y), both without a logarithm of a rounded 0.
    const target = tf.sum(tf.mul(soft, oneHot), 1, true);
    const pair = tf.concat([target, tf.logSumExp(rest, 1, true)], 1) as Logits;
    return { binary: tf.logSoftmax(pair), rest: tf.logSoftmax(rest) };
  };
  return tf.tidy(() => {
    const [constant, learned] = [withoutTape(() => split(teacher)), split(student)];
    const divergence = (p: Logits, q: Logits): Scalar => {
      const perImage = tf.sum<Tensor1D>(tf.mul(tf.exp(p), tf.sub(p, q)), 1);
      return tf.mul<Scalar>(weightedMean(perImage, weights), temperature * temperature);
    };
    return {
      target: divergence(constant.binary, learned.binary),
      others: divergence(constant.rest, learned.rest),
    };
  });
}
