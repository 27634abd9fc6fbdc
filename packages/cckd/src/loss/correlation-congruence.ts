import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape, stopGradient } from '@distilljs/core';
import type { Scalar } from '@distilljs/core';
import type { Correlations } from '../kernel/index.js';

/** `mean`: over all n² pairs, as Eq. 6 prints it. `sum`: n² times that, which is the scale that the paper's β fits. */
export type PairReduction = 'mean' | 'sum';

/**
 * Correlation congruence: `L_CC = 1/n² · ‖C_t − C_s‖²_F`, over all n² entries, diagonal and both triangles included.
 * The teacher's side is a constant.
 *
 * @param teacher `[n, n]`
 * @param student `[n, n]`
 * @param reduction `sum` leaves the factor 1/n² out
 * @throws DistillError code `shape` when the two differ in size
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 6
 */
export function correlationCongruence(
  teacher: Correlations,
  student: Correlations,
  reduction: PairReduction,
): Scalar {
  expectSameShape('correlationCongruence(teacher)', teacher, 'correlationCongruence(student)', student);
  return tf.tidy(() => {
    const squaredGaps = tf.square(tf.sub(student, stopGradient(teacher)));
    return reduction === 'mean' ? tf.mean<Scalar>(squaredGaps) : tf.sum<Scalar>(squaredGaps);
  });
}
