import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Random } from '@distilljs/core';

/**
 * A kernel drawn from a normal of deviation `√(1.3 · 2 / fan_out)`, cut at two deviations.
 *
 * @param shape `[inputs, outputs]`; fan_out is the number of outputs
 * @see the authors' code (Lee and Song, TF1, `op_util.py`); the paper does not say
 */
export function fanOutNormal(shape: [inputs: number, outputs: number], random: Random): Variable<tf.Rank.R2> {
  const [inputs, outputs] = shape;
  const deviation = Math.sqrt(2.6 / outputs);
  const values = Float32Array.from({ length: inputs * outputs }, () => {
    let draw = random.normal();
    while (Math.abs(draw) > 2) draw = random.normal();
    return deviation * draw;
  });
  return tf.variable(tf.tensor2d(values, shape));
}
