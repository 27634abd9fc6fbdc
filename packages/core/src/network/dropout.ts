import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random/index.js';

/**
 * Inverted dropout with a seeded mask: each value is kept with probability `1 − rate` and then divided by it, else 0.
 *
 * The mask comes from the run's own stream; tfjs would draw it from an unseeded one.
 * @param rate share that is dropped, `(0, 1)`
 * @param maskShape shape of the mask, broadcast over `x`; default: that of `x`
 */
export function dropout(
  x: tf.Tensor,
  rate: number,
  random: Random,
  maskShape: readonly number[] = x.shape,
): tf.Tensor {
  const keep = 1 - rate;
  const mask = new Float32Array(maskShape.reduce((product, axis) => product * axis, 1));
  for (let position = 0; position < mask.length; position++)
    mask[position] = random.uniform() < keep ? 1 / keep : 0;
  return tf.mul(x, tf.tensor(mask, [...maskShape]));
}
