import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';

/**
 * 1 where the attention is at least `1/K`, what it would be if all keys were alike; else 0. At least one key per query stays.
 *
 * @param logits `[batch, Q, K]`
 */
export function aboveUniform(logits: Tensor3D): Tensor3D {
  return tf.tidy(() => {
    const attention = tf.softmax(logits);
    // Rounding may put all of K equal shares below 1/K.
    const threshold = tf.minimum(1 / logits.shape[2], tf.max(attention, 2, true));
    return tf.cast(tf.greaterEqual<Tensor3D>(attention, threshold), 'float32');
  });
}
