import { expectSameShape, stopGradient, withoutTape } from '@distilljs/core';
import type { FeatureMap, Scalar } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Direct alignment of feature maps: `mean |F_own − F_peer|` over all elements, the peer's map being a constant.
 *
 * @param peer `[n, h, w, c]`
 * @param own `[n, h, w, c]`
 * @throws DistillError code `shape`
 * @see arXiv 2002.01775, the baseline "L1"; its reduction and weight are not known, the mean is ours
 */
export function featureDistance(peer: FeatureMap, own: FeatureMap): Scalar {
  expectSameShape('featureDistance(peer)', peer, 'featureDistance(own)', own);
  const gap = tf.sub(own, stopGradient(peer));
  // tf.abs has slope -1 at 0, and after ReLU both maps are 0 in many places: those elements would all be pushed up.
  const sign = withoutTape(() => tf.sign(gap));
  return tf.mean<Scalar>(tf.mul(gap, sign));
}
