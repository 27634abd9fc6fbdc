import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { FeatureMap } from '@distilljs/core';

/** The two summaries of a feature map. */
export interface MapSummary {
  /** Where the map is active: `e[b, p] = Σ_c F[b, p, c]²`, `[batch, pixels]`. */
  readonly energy: Tensor2D;
  /** What it responds to: means over the pixels, `[batch, channels]`. */
  readonly means: Tensor2D;
}

/**
 * Summarises a feature map twice; call it inside `tf.tidy`. The gradient is in closed form, `dF = 2 F de + dc / P`: two passes over the map, where
 * tfjs's own would make nine.
 *
 * The base method has the mean over channels for the energy; its factor 1/C falls out with the scaling to unit length.
 *
 * @param features `[batch, h, w, c]`
 * @param constant true where no gradient is needed
 * @see Ji, Heo, Park, Show, Attend and Distill, AAAI 2021, by its code: the text has no square
 */
export function mapSummary(features: FeatureMap, constant: boolean): MapSummary {
  const [batch, height, width, channels] = features.shape;
  const pixels = height * width;
  const summarize = (map: FeatureMap): [energy: Tensor2D, means: Tensor2D] => [
    tf.reshape(tf.sum(tf.square(map), 3), [batch, pixels]),
    tf.mean(map, [1, 2]),
  ];
  const parts = (both: tf.Tensor): [Tensor2D, Tensor2D] =>
    tf.split(both, [pixels, channels], 1) as [Tensor2D, Tensor2D];
  if (constant) {
    const [energy, means] = summarize(features);
    return { energy, means };
  }
  const joined = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [map, save] = given as [FeatureMap, tf.GradSaveFunc];
    save([map]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [energy, means] = parts(dy);
        const slope = tf.reshape(tf.mul(energy, 2), [batch, height, width, 1]);
        const shift = tf.reshape(tf.mul(means, 1 / pixels), [batch, 1, 1, channels]);
        return tf.add(tf.mul(saved[0] as FeatureMap, slope), shift);
      });
    return { value: tf.concat(summarize(map), 1), gradFunc };
  })(features);
  const [energy, means] = parts(joined);
  return { energy, means };
}
