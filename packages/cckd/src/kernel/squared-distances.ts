import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import { bilinear } from './bilinear.js';

/**
 * `D_ij = max(0, ‖f_i‖² + ‖f_j‖² − 2 f_i·f_j)`: squared Euclidean distances, without the `[n, n, d]` tensor of all
 * differences. Float32 rounding leaves an absolute error of about `1e-7 · ‖f‖²`, so the diagonal is not exactly 0.
 *
 * @param features `[n, d]`
 * @returns `[n, n]`
 */
export function squaredDistances(features: Embedding): Tensor2D {
  return tf.tidy(() => {
    const count = features.shape[0];
    const squaredLengths = tf.sum(tf.square(features), 1);
    const sums = tf.add(tf.reshape(squaredLengths, [count, 1]), tf.reshape(squaredLengths, [1, count]));
    return tf.relu(tf.sub<Tensor2D>(sums, tf.mul(bilinear(features), 2)));
  });
}
