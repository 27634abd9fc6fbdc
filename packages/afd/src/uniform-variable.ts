import type { Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * A weight drawn uniformly from ±1/√fanIn: PyTorch's default for convolutions, kernels and biases alike, which is what the
 * public re-implementation has. It starts scores near 0.5; He's larger weights would start them saturated.
 */
export function uniformVariable<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  fanIn: number,
  random: Random,
): tf.Variable<R> {
  const limit = 1 / Math.sqrt(fanIn);
  const size = (shape as readonly number[]).reduce((product, axis) => product * axis, 1);
  const values = Float32Array.from({ length: size }, () => limit * (2 * random.uniform() - 1));
  return tf.tidy(() => tf.variable(tf.tensor<R>(values, shape)));
}
