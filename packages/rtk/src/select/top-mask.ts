import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@distilljs/core';

/**
 * 1 at the k largest entries along the last axis, else 0; ties go to the lower index. Without gradient.
 *
 * @param scores `[…, n]`
 * @param keep k, at most n
 */
export function topMask<T extends Tensor>(scores: T, keep: number): T {
  return tf.tidy(() => {
    const size = scores.shape.at(-1) ?? 1;
    if (keep >= size) return tf.onesLike(scores);
    const { indices } = tf.topk(scores, keep);
    return tf.cast<T>(tf.sum<T>(tf.oneHot(indices, size), -2), 'float32');
  });
}
