import { expectSameShape } from '@distilljs/core';
import type { Logits, Scalar } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean squared difference of logits: `L = 1/(n·c) Σ_i Σ_k (s_ik − t_ik)²`.
 *
 * The starting point that the package was made with; the paper's own loss takes its place.
 * @param teacher logits t, `[n, c]`, constant
 * @param student logits s, `[n, c]`
 * @throws DistillError code `shape`
 * @see Ba, Caruana, Do Deep Nets Really Need to be Deep?, arXiv 1312.6184, section 2.2; there halved, and summed over classes
 */
export function logitMatching(teacher: Logits, student: Logits): Scalar {
  expectSameShape('logitMatching(teacher)', teacher, 'logitMatching(student)', student);
  return tf.mean<Scalar>(tf.squaredDifference(student, teacher));
}
