import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape } from '@distilljs/core';
import type { Embedding, Scalar } from '@distilljs/core';

/**
 * Cosine distance of estimated and true back vectors, mean over the batch: `1/n Σ_i (1 − v̂_i · v_i)`, in [0, 2].
 *
 * @param estimated v̂, unit rows, `[n, c]`
 * @param actual v, unit rows, `[n, c]`
 * @throws DistillError code `shape`
 * @see Lee and Song, BMVC 2019, L_MHAN; printed there without the sign, as a similarity
 */
export function reconstruction(estimated: Embedding, actual: Embedding): Scalar {
  expectSameShape('reconstruction(estimated)', estimated, 'reconstruction(actual)', actual);
  return tf.sub<Scalar>(1, tf.mean(tf.sum(tf.mul(estimated, actual), 1)));
}
