import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Random } from '@distilljs/core';

/**
 * Which heads the estimator sees for which sample: `z ~ N(0, 1)`, 1 where z is above its mean over heads, else 0. Half of
 * the heads on average, at least one and at most A − 1 per sample; nothing is rescaled.
 *
 * A single head is always kept: it equals its own mean, and the rule would hide it for ever.
 *
 * @returns `[A, n, 1]`
 * @see the authors' code alone; neither paper nor poster mentions it. There one head is never trained
 */
export function dropMask(heads: number, n: number, random: Random): Tensor3D {
  if (heads === 1) return tf.ones([1, n, 1]);
  return tf.tidy(() => {
    const draws = Float32Array.from({ length: heads * n }, () => random.normal());
    const z = tf.tensor3d(draws, [heads, n, 1]);
    return tf.step(tf.sub(z, tf.mean(z, 0, true)));
  });
}
