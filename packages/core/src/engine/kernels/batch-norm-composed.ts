import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormPasses } from './batch-norm-passes.js';
import { channelAffine, channelMean } from './channelwise.js';

/**
 * The passes of training batch norm, composed of tfjs ops, on any backend; on wasm five passes over the data
 * forward and six back.
 *
 * With a = gamma * rstd: y = a * (x - mean) + beta, and
 * dx = a * dy - a * mean(dy) - a * rstd^2 * mean(dy * (x - mean)) * (x - mean).
 */
export const batchNormComposed: BatchNormPasses = {
  forward(x, gamma, beta, epsilon) {
    const rows = inGroups(x);
    const mean = channelMean(rows);
    // Centre first: mean(x^2) - mean(x)^2 loses all digits if the mean is large.
    const centred = channelAffine(rows, tf.onesLike(mean), tf.neg(mean));
    const variance = channelMean(tf.square(centred));
    const rstd = tf.rsqrt(tf.add<tf.Tensor1D>(variance, epsilon));
    const y = tf.reshape(channelAffine(centred, tf.mul(rstd, gamma), beta), x.shape);
    return { y, mean, variance, saved: [centred, rstd, gamma] };
  },

  backward(dy, saved) {
    const [centred, rstd, gamma] = saved as [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D];
    const rows = tf.reshape<tf.Rank.R3>(dy, centred.shape);
    const count = centred.size / rstd.size;
    const meanDy = channelMean(rows);
    const meanProduct = channelMean(tf.mul(rows, centred));
    const scale = tf.mul<tf.Tensor1D>(gamma, rstd);
    const slope = tf.neg(tf.mul<tf.Tensor1D>(tf.mul(scale, tf.square(rstd)), meanProduct));
    const shift = tf.neg(tf.mul<tf.Tensor1D>(scale, meanDy));
    const dx = tf.add(channelAffine(rows, scale, shift), channelAffine(centred, slope, tf.zerosLike(slope)));
    return {
      dx: tf.reshape(dx, dy.shape),
      dGamma: tf.mul(tf.mul(meanProduct, rstd), count),
      dBeta: tf.mul(meanDy, count),
    };
  },
};

/** x [n, ..., channels] as [groups, rows, channels]: the images as groups, but the rows of a matrix as one group. */
function inGroups(x: tf.Tensor): tf.Tensor3D {
  const channels = x.shape.at(-1) ?? 1;
  const groups = x.rank > 2 ? x.shape[0] : 1;
  return tf.reshape(x, [groups, -1, channels]);
}
