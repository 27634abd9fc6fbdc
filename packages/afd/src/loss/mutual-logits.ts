import { crossEntropy, hintonKd } from '@distilljs/core';
import type { LossTerms, Scalar, Step } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { peersOf } from '../cohort/index.js';
import type { Peers } from '../cohort/index.js';

/** Options of {@link mutualLogits}; they have no defaults here, methods have them. */
export interface MutualLogitsOptions {
  /** T of both softmaxes, above 0. */
  readonly temperature: number;
  /** Weight of the cross-entropy. */
  readonly ceWeight: number;
  /** Weight of the divergence. */
  readonly kdWeight: number;
  /** Whom a network learns from: `all` others in equal parts, or the one before it in the `cycle`. */
  readonly peers: Peers;
}

/**
 * The logit loss of every network of a cohort, as `ce1`, `kd1`, `ce2`, …:
 *
 * `L_k = ceWeight · CE(y, z_k) + kdWeight · T² · mean_j KL(softmax(z_j / T) ‖ softmax(z_k / T))`, over the peers j of k.
 *
 * Sum over classes, mean over the batch, in nats. The peers are constants, so that with both weights 1 `dL_k / dz_k =
 * (softmax(z_k) − y) / n + T (softmax(z_k / T) − mean_j softmax(z_j / T)) / n`, and no network gets a gradient from
 * another's loss.
 * @see arXiv 2002.01775, logit-based loss; Zhang et al., Deep Mutual Learning, arXiv 1706.00384, Eq. 7 for several peers
 */
export function mutualLogits(
  step: Pick<Step, 'students' | 'oneHot'>,
  { temperature, ceWeight, kdWeight, peers }: MutualLogitsOptions,
): LossTerms {
  const logits = step.students.map((student) => student.logits);
  return Object.fromEntries(
    logits.flatMap((own, index) => {
      const teachers = peersOf(index, logits.length, peers);
      const divergences = teachers.map((peer) => hintonKd(logits[peer] ?? own, own, temperature));
      return [
        [`ce${index + 1}`, { value: crossEntropy(step.oneHot, own), weight: ceWeight }],
        [`kd${index + 1}`, { value: meanOf(divergences), weight: kdWeight }],
      ] as const;
    }),
  );
}

function meanOf(values: readonly Scalar[]): Scalar {
  const sum = values.reduce((total, value) => tf.add<Scalar>(total, value));
  return values.length === 1 ? sum : tf.div<Scalar>(sum, values.length);
}
