import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { FeatureMap } from '@distilljs/core';

/**
 * Where a feature map is active: `e(F)[b, h, w] = 1/C Σ_c F[b, h, w, c]²`, its gradient in closed form (`2/C · F · de`).
 *
 * @param features `[batch, h, w, c]`
 * @returns `[batch, h, w]`
 * @see Ji, Heo, Park, Show, Attend and Distill, AAAI 2021, by its code: the text has channel-wise average pooling
 */
export function energyMap(features: FeatureMap): Tensor3D {
  // tfjs's own gradient makes six passes over the map, this one two.
  return tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [map, save] = given as [FeatureMap, tf.GradSaveFunc];
    save([map]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [kept] = saved as [FeatureMap];
        return tf.mul(kept, tf.expandDims(tf.mul(dy, 2 / kept.shape[3]), -1));
      });
    return { value: tf.mean<Tensor3D>(tf.square(map), -1), gradFunc };
  })(features) as Tensor3D;
}
