import { expectSameShape } from '@distilljs/core';
import type { Scalar } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The discriminator's least-squares loss: `L_D = mean((1 − d_peer)²) + mean(d_own²)`; 0.5 where all scores are 0.5.
 *
 * The peer's maps are the real ones, its own network's the fake ones. No factor of ½.
 * @param peer scores of the peer's maps, `[n]`, in (0, 1)
 * @param own scores of its own network's maps, `[n]`
 * @throws DistillError code `shape`
 * @see arXiv 2002.01775, adversarial loss; Mao et al., Least Squares GAN, arXiv 1611.04076, Eq. 9 (there halved)
 */
export function discriminatorLoss(peer: tf.Tensor1D, own: tf.Tensor1D): Scalar {
  expectSameShape('discriminatorLoss(peer)', peer, 'discriminatorLoss(own)', own);
  return tf.add<Scalar>(generatorLoss(peer), tf.mean(tf.square(own)));
}

/**
 * The feature extractor's least-squares loss: `L_G = mean((1 − d_own)²)`, that is to be taken for the peer's maps; 0.25
 * where all scores are 0.5.
 *
 * @param own scores of its own maps, `[n]`, in (0, 1)
 * @see arXiv 2002.01775, adversarial loss
 */
export function generatorLoss(own: tf.Tensor1D): Scalar {
  return tf.mean<Scalar>(tf.square(tf.sub(1, own)));
}
