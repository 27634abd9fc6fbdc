import * as tf from '@tensorflow/tfjs-core';
import { asFloats, expectSameShape, expectShape, withoutTape } from '@distilljs/core';
import type { Embedding, Scalar } from '@distilljs/core';
import type { Scores } from './attention/index.js';

/**
 * Cosine distance between estimated and true back vectors, mean over the batch: `1/n Σ_i (1 − v̂_i · v_i)`, in [0, 2].
 *
 * @param estimated v̂, unit rows, `[n, c]`
 * @param actual v, unit rows, `[n, c]`
 * @throws DistillError code `shape`
 * @see Lee and Song, BMVC 2019, L_MHAN; printed there without the sign, as a similarity
 */
export function reconstruction(estimated: Embedding, actual: Embedding): Scalar {
  expectShape('reconstruction(estimated)', estimated, [null, null]);
  expectSameShape('reconstruction(estimated)', estimated, 'reconstruction(actual)', actual);
  return tf.tidy(() => tf.sub<Scalar>(1, tf.mean(tf.sum(tf.mul(estimated, actual), 1))));
}

/**
 * `Σ_a Σ_i KL(G^S_{a,i} ‖ G^T_{a,i})` with `G = softmax_j(tanh S)`, in nats. The student's graph is the first argument;
 * the sum runs over heads and rows. At most 2 per row, since scores within [−1, 1] differ by at most 2. The teacher is
 * a constant.
 *
 * @param student scores, `[A, n, n]`
 * @param teacher scores, `[A, n, n]`
 * @throws DistillError code `shape`
 * @see Lee and Song, BMVC 2019, the transfer loss; tanh and the reduction as in the authors' final code
 */
export function graphDivergence(student: Scores, teacher: Scores): Scalar {
  expectShape('graphDivergence(student)', student, [null, null, null]);
  const images = student.shape[2];
  expectShape('graphDivergence(student)', student, [null, images, images]);
  expectSameShape('graphDivergence(student)', student, 'graphDivergence(teacher)', teacher);
  return tf.tidy(() => {
    const target = withoutTape(() => tf.logSoftmax(tf.tanh(asFloats(teacher))));
    const log = tf.logSoftmax(tf.tanh(asFloats(student)));
    return tf.sum<Scalar>(tf.mul(tf.exp(log), tf.sub(log, target)));
  });
}
