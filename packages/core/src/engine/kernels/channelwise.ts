import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over the leading axes of x [groups, rows, channels], as [channels].
 *
 * On wasm by two average poolings, over the rows and then over the groups: `tf.mean` transposes x first there (6 times
 * slower at 64 x 1024 x 16). Two stages also lose less to rounding than one long sum.
 */
export function channelMean(x: tf.Tensor3D): tf.Tensor1D {
  if (tf.getBackend() !== 'wasm') return tf.mean(x, [0, 1]);
  const [groups, rows, channels] = x.shape;
  const perGroup = tf.avgPool(tf.reshape<tf.Rank.R4>(x, [groups, rows, 1, channels]), [rows, 1], 1, 'valid');
  const whole = tf.avgPool(
    tf.reshape<tf.Rank.R4>(perGroup, [1, groups, 1, channels]),
    [groups, 1],
    1,
    'valid',
  );
  return tf.reshape(whole, [channels]);
}

/**
 * x * scale + shift, both [channels], for x [groups, rows, channels].
 *
 * On wasm as a depthwise 1x1 convolution with a bias, one pass over x where a broadcast product and a broadcast sum are
 * two, each of them slower.
 */
export function channelAffine(x: tf.Tensor3D, scale: tf.Tensor1D, shift: tf.Tensor1D): tf.Tensor3D {
  if (tf.getBackend() !== 'wasm') return tf.add(tf.mul(x, scale), shift);
  const [groups, rows, channels] = x.shape;
  const y = tf.fused.depthwiseConv2d({
    x: tf.reshape<tf.Rank.R4>(x, [groups, rows, 1, channels]),
    filter: tf.reshape<tf.Rank.R4>(scale, [1, 1, channels, 1]),
    strides: 1,
    pad: 'valid',
    bias: shift,
  });
  return tf.reshape(y, x.shape);
}
