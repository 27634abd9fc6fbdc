import {
  crossEntropy,
  expectOption,
  expectSameShape,
  expectShape,
  hintonKd,
  listOf,
  objectWith,
  stopGradient,
  withoutTape,
} from '@distilljs/core';
import type { FeatureMap, LossTerms, Scalar, Step } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { peersOf } from './cohort.js';
import { cohortChecks, peersCheck } from './options.js';
import type { Peers } from './options.js';

/**
 * The feature extractor's least-squares loss `L_G = mean((1 − d_own)²)`: its maps should pass for the peer's. 0.25
 * where all scores are 0.5.
 *
 * @param own the discriminator's scores of the extractor's own maps, `[n]`, in (0, 1)
 * @throws DistillError code `shape`
 * @see arXiv 2002.01775, adversarial loss
 */
export function generatorLoss(own: tf.Tensor1D): Scalar {
  expectShape('generatorLoss(own)', own, [null]);
  return tf.tidy(() => tf.mean<Scalar>(tf.square(tf.sub(1, own))));
}

/**
 * The discriminator's least-squares loss: `L_D = mean((1 − d_peer)²) + mean(d_own²)`; 0.5 where all scores are 0.5.
 *
 * The peer's maps are the real ones, the own network's the fake ones. There is no factor ½.
 *
 * @param peer scores of the peer's maps, `[n]`, in (0, 1)
 * @param own scores of the own network's maps, `[n]`, in (0, 1)
 * @throws DistillError code `shape`
 * @see arXiv 2002.01775, adversarial loss; Mao et al., Least Squares GAN, arXiv 1611.04076, Eq. 9 (there halved)
 */
export function discriminatorLoss(peer: tf.Tensor1D, own: tf.Tensor1D): Scalar {
  expectShape('discriminatorLoss(peer)', peer, [null]);
  expectSameShape('discriminatorLoss(peer)', peer, 'discriminatorLoss(own)', own);
  return tf.tidy(() => tf.add<Scalar>(generatorLoss(peer), tf.mean(tf.square(own))));
}

/**
 * Direct alignment of feature maps: `mean |F_own − F_peer|` over all elements. The peer's map is a constant.
 *
 * @param peer `[n, h, w, c]`
 * @param own `[n, h, w, c]`
 * @throws DistillError code `shape`
 * @see arXiv 2002.01775, the baseline "L1"; its reduction and weight are unknown, the mean is ours
 */
export function featureDistance(peer: FeatureMap, own: FeatureMap): Scalar {
  expectShape('featureDistance(peer)', peer, [null, null, null, null]);
  expectSameShape('featureDistance(peer)', peer, 'featureDistance(own)', own);
  return tf.tidy(() => {
    const gap = tf.sub(own, stopGradient(peer));
    // tf.abs has slope −1 at 0. After ReLU both maps are 0 in many places, and the gradient would push all of those up.
    const sign = withoutTape(() => tf.sign(gap));
    return tf.mean<Scalar>(tf.mul(gap, sign));
  });
}

/** Options of {@link mutualLogits}. All are required; the methods supply defaults. */
export interface MutualLogitsOptions {
  /** T of both softmaxes, 0.01 to 1000. */
  readonly temperature: number;
  /** Weight of the cross-entropy, at least 0. */
  readonly ceWeight: number;
  /** Weight of the divergence, at least 0. */
  readonly kdWeight: number;
  /** The networks that each network learns from: `all` others in equal parts, or the one before it in the `cycle`. */
  readonly peers: Peers;
}

/**
 * The logit loss of every network of a cohort, as `ce1`, `kd1`, `ce2`, …:
 *
 * `L_k = ceWeight · CE(y, z_k) + kdWeight · T² · mean_j KL(softmax(z_j / T) ‖ softmax(z_k / T))`, over the peers j of
 * k.
 *
 * Sum over classes, mean over the batch, in nats. The peers are constants, so no network gets a gradient from another's
 * loss. With both weights 1,
 * `dL_k / dz_k = (softmax(z_k) − y) / n + T (softmax(z_k / T) − mean_j softmax(z_j / T)) / n`.
 *
 * @throws DistillError code `shape`, or `option` for wrong options and a cohort of one
 * @see arXiv 2002.01775, logit-based loss; Zhang et al., Deep Mutual Learning, arXiv 1706.00384, Eq. 7 for several
 *   peers
 */
export function mutualLogits(
  step: Pick<Step, 'students' | 'oneHot' | 'weights' | 'labelWeights'>,
  options: MutualLogitsOptions,
): LossTerms {
  expectOption('mutualLogits(options)', options, objectWith());
  const checks = { ...cohortChecks, peers: peersCheck };
  for (const name of ['temperature', 'ceWeight', 'kdWeight', 'peers'] as const)
    expectOption(`mutualLogits.${name}`, options[name], checks[name]);
  const { temperature, ceWeight, kdWeight, peers } = options;
  expectOption('mutualLogits(step)', step, objectWith('students', 'oneHot'));
  expectOption('mutualLogits(step).students', step.students, listOf(objectWith('logits'), 2));
  expectShape('mutualLogits(step).oneHot', step.oneHot, [null, null]);
  const logits = step.students.map((student) => student.logits);
  logits.forEach((own, network) => {
    const where = `mutualLogits(step).students[${network}].logits`;
    expectSameShape(where, own, 'mutualLogits(step).oneHot', step.oneHot);
  });
  for (const name of ['weights', 'labelWeights'] as const)
    if (step[name] !== undefined)
      expectShape(`mutualLogits(step).${name}`, step[name], [step.oneHot.shape[0]]);
  return Object.fromEntries(
    logits.flatMap((own, network) => {
      const divergences = peersOf(network, logits.length, peers).map((peer) =>
        hintonKd(logits[peer] ?? own, own, temperature, step.weights),
      );
      return [
        [`ce${network + 1}`, { value: crossEntropy(step.oneHot, own, step.labelWeights), weight: ceWeight }],
        [`kd${network + 1}`, { value: meanOf(divergences), weight: kdWeight }],
      ] as const;
    }),
  );
}

function meanOf(values: readonly Scalar[]): Scalar {
  const sum = values.reduce((total, value) => tf.add<Scalar>(total, value));
  return values.length === 1 ? sum : tf.div<Scalar>(sum, values.length);
}
