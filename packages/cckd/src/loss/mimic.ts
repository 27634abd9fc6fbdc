import * as tf from '@tensorflow/tfjs-core';
import { DistillError, expectShape, stopGradient } from '@distilljs/core';
import type { Embedding, Scalar } from '@distilljs/core';

/**
 * L2 mimic loss: `1/n Σ_i ‖f_i^s − f_i^t‖²`, summed over components and averaged over images. It stands in for KD where
 * there are no shared classes (faces). The teacher's side is a constant.
 *
 * @param teacher `[n, d]`
 * @param student `[n, d]`
 * @throws DistillError code `shape` when the widths differ
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 2
 *
 * Certainty: whether rows are normalised first is not said; here they are not.
 */
export function mimic(teacher: Embedding, student: Embedding): Scalar {
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
  return tf.tidy(() => tf.div<Scalar>(tf.sum(tf.square(tf.sub(student, stopGradient(teacher)))), count));
}
