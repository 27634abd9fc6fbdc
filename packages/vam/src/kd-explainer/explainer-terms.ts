import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, hintonKd, labelSmoothingCrossEntropy } from '@distilljs/core';
import type { LossTerms, Probabilities, Scalar, Step } from '@distilljs/core';
import type { Experts } from '../hme/index.js';
import { subtaskCrossEntropy, subtaskKd } from '../subtask-losses.js';
import type { KdExplainerOptions } from './options.js';

type LossOptions = Pick<
  KdExplainerOptions,
  'training' | 'ceWeight' | 'kdWeight' | 'temperature' | 'smoothing' | 'reduction' | 'gamma'
>;

/**
 * The loss terms of one step, `ce` and `kd`, and the entropies. `attentionEntropy` is the mean over levels at the
 * current temperature, with weight γ. `entropy …` of each level is at temperature 1, and comparable between epochs and
 * runs.
 */
export function explainerTerms(step: Step, experts: Experts, options: LossOptions): LossTerms {
  const { training, ceWeight, kdWeight, gamma } = options;
  const isKd = training === 'kd';
  return {
    ...((!isKd || ceWeight > 0) && {
      ce: { value: labelLoss(step, experts, options), weight: isKd ? ceWeight : 1 },
    }),
    ...(isKd && kdWeight > 0 && { kd: { value: teacherLoss(step, experts, options), weight: kdWeight } }),
    attentionEntropy: { value: modelEntropy(experts), weight: gamma },
    ...Object.fromEntries(
      experts.levels.map((level) => [
        `entropy ${level.name}`,
        { value: tf.mean<Scalar>(level.entropy(1)), weight: 0 },
      ]),
    ),
  };
}

/** Entropy at the current temperature, mean over children and then over levels, in nats. */
export function modelEntropy({ levels }: Experts): Scalar {
  const means = levels.map((level) => tf.mean<Scalar>(level.entropy()));
  return tf.div<Scalar>(tf.addN(means), means.length);
}

function labelLoss({ oneHot, student, labelWeights }: Step, { head }: Experts, options: LossOptions): Scalar {
  const smoothing = options.training === 'label-smoothing' ? options.smoothing : 0;
  if (head !== 'binary') {
    return smoothing === 0
      ? crossEntropy(oneHot, student.logits, labelWeights)
      : labelSmoothingCrossEntropy(oneHot, student.logits, smoothing, labelWeights);
  }
  const targets = smoothedBinary(oneHot, smoothing);
  return overSubtasks(subtaskCrossEntropy(targets, student.logits, labelWeights), options);
}

/** `(1 − ε) h + ε / 2`: the smoothed target of a binary task. */
export function smoothedBinary(oneHot: Probabilities, smoothing: number): Probabilities {
  return smoothing === 0 ? oneHot : tf.add<Probabilities>(tf.mul(oneHot, 1 - smoothing), smoothing / 2);
}

function teacherLoss({ teacher, student, weights }: Step, { head }: Experts, options: LossOptions): Scalar {
  const { temperature } = options;
  return head === 'binary'
    ? overSubtasks(subtaskKd(teacher.logits, student.logits, temperature, weights), options)
    : hintonKd(teacher.logits, student.logits, temperature, weights);
}

const overSubtasks = (losses: tf.Tensor1D, { reduction }: LossOptions): Scalar =>
  reduction === 'sum' ? tf.sum<Scalar>(losses) : tf.mean<Scalar>(losses);
