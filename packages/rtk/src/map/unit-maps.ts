import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';

/** Squared length at which a map counts as zero: the square of the 1e-12 of PyTorch's `normalize`. */
const ZERO_SQUARED_LENGTH = 1e-24;

/** Energy maps of several layers on one grid, flattened and scaled to unit length. */
export interface UnitMaps {
  /** `[batch, layers, pixels]`: each row has length 1, or is 0. */
  readonly units: Tensor3D;
  /** `[batch, layers, 1]`: squared lengths of {@link units}: 0 where a map is all zero (a dead layer), else 1. */
  readonly alive: Tensor3D;
}

/**
 * `v = e / ‖e‖₂` per layer and image. A map of zeros stays zero and gets no gradient. Call it inside `tf.tidy`.
 *
 * @param maps `[batch, layers, pixels]`, at least 0
 */
export function unitMaps(maps: Tensor3D): UnitMaps {
  const [inverse, alive] = withoutTape(() =>
    tf.tidy((): [Tensor3D, Tensor3D] => {
      const squared = tf.sum<Tensor3D>(tf.square(maps), 2, true);
      const floored: Tensor3D = tf.maximum(squared, ZERO_SQUARED_LENGTH);
      const inverse: Tensor3D = tf.rsqrt(floored);
      return [inverse, tf.div(squared, floored)];
    }),
  );
  const units = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [map, save] = given as [Tensor3D, tf.GradSaveFunc];
    const value = tf.mul<Tensor3D>(map, inverse);
    save([value, inverse, alive]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [unit, scale, isAlive] = saved as [Tensor3D, Tensor3D, Tensor3D];
        const along = tf.sum(tf.mul(dy, unit), 2, true);
        return tf.mul(tf.mul(scale, isAlive), tf.sub(dy, tf.mul(unit, along)));
      });
    return { value, gradFunc };
  })(maps);
  return { units, alive };
}
