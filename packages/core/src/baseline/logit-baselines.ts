import { crossEntropy, decoupledKd, distRelations } from '../loss/index.js';
import { defineMethod } from '../method/define-method.js';
import { expectSeveralImages } from './feature-options.js';
import { inRange, nonNegative, temperatureRange } from '../option/index.js';

export interface DistOptions {
  /** Weight of the cross-entropy with the labels, at least 0. Default 1, the authors'. */
  readonly ceWeight: number;
  /** β, weight of the relation between the classes of an image, at least 0. Default 2, the authors' for CIFAR-100 and ImageNet. */
  readonly interWeight: number;
  /** γ, weight of the relation between the images of a class, at least 0. Default 2, the authors'. */
  readonly intraWeight: number;
  /** T of both softmaxes, 0.01 to 1000. Default 4, the authors' for CIFAR-100; they have 1 for ImageNet. */
  readonly temperature: number;
}

/**
 * DIST: the probabilities of student and teacher should correlate within each image and within each class; KD
 * asks for equality.
 *
 * `L = ceWeight · L_CE + interWeight · L_inter + intraWeight · L_intra`, logged as `ce`, `inter` and `intra`.
 *
 * @see Huang et al., Knowledge Distillation from A Stronger Teacher, NeurIPS 2022 (arXiv 2205.10536)
 *
 * Certainty: the loss follows the authors' code; the CIFAR-100 weights and temperature come from
 * re-implementations.
 */
export const dist = defineMethod<DistOptions>({
  name: 'dist',
  repeatable: true,
  defaults: { ceWeight: 1, interWeight: 2, intraWeight: 2, temperature: 4 },
  check: {
    ceWeight: nonNegative,
    interWeight: nonNegative,
    intraWeight: nonNegative,
    temperature: temperatureRange,
  },
  weights: ['ceWeight', 'interWeight', 'intraWeight'],
  reads: ({ ceWeight }) => ({ student: [], teacher: [], labels: ceWeight > 0 && 'some' }),
  prepare({ batchSize }, { intraWeight }) {
    if (intraWeight > 0) expectSeveralImages('dist', batchSize);
    return { state: undefined };
  },
  loss: (step, { ceWeight, interWeight, intraWeight, temperature }) => {
    const { inter, intra } = distRelations(step.teacher.logits, step.student.logits, temperature);
    return {
      ...(ceWeight > 0 && {
        ce: { value: crossEntropy(step.oneHot, step.student.logits, step.labelWeights), weight: ceWeight },
      }),
      inter: { value: inter, weight: interWeight },
      intra: { value: intra, weight: intraWeight },
    };
  },
});

export interface DkdOptions {
  /** Weight of the cross-entropy with the labels, at least 0. Default 1, the authors'. */
  readonly ceWeight: number;
  /** α, weight of the part about the target class, at least 0. Default 1, the authors'. */
  readonly targetWeight: number;
  /**
   * β, weight of the part about the other classes, at least 0. Default 2. The authors choose it per pair: on
   * CIFAR-100 2 for narrow resnets (resnet56 to resnet20, resnet110 to resnet32), 6 or 8 for wider networks; on
   * ImageNet 0.5 or 2.
   */
  readonly othersWeight: number;
  /** T of all softmaxes, 0.01 to 1000. Default 4, the authors' for CIFAR-100; they have 1 for ImageNet. */
  readonly temperature: number;
  /**
   * Fraction of training, from 0 to 1, over which the weights of both parts rise from 0. Default 1/12: the
   * authors' 20 of 240 epochs.
   */
  readonly warmUp: number;
}

/**
 * Decoupled knowledge distillation: Hinton's loss in two parts, each with its own weight. In KD the second part
 * fades as the teacher becomes confident in the target class.
 *
 * `L = ceWeight · L_CE + w (targetWeight · L_TCKD + othersWeight · L_NCKD)`, `w = min(1, progress / warmUp)`,
 * logged as `ce`, `target` and `others`.
 *
 * @see Zhao et al., Decoupled Knowledge Distillation, CVPR 2022 (arXiv 2203.08679), Eq. 7
 *
 * Certainty: weights (for narrow networks), temperature and warm-up are those of the authors' toolkit
 * mdistiller. Its warm-up rises once per epoch, ours in every step.
 */
export const dkd = defineMethod<DkdOptions>({
  name: 'dkd',
  repeatable: true,
  defaults: { ceWeight: 1, targetWeight: 1, othersWeight: 2, temperature: 4, warmUp: 1 / 12 },
  check: {
    ceWeight: nonNegative,
    targetWeight: nonNegative,
    othersWeight: nonNegative,
    temperature: temperatureRange,
    warmUp: inRange(0, 1),
  },
  weights: ['ceWeight', 'targetWeight', 'othersWeight'],
  reads: () => ({ student: [], teacher: [], weights: true }),
  loss: (step, { ceWeight, targetWeight, othersWeight, temperature, warmUp }) => {
    const { oneHot, weights, student, teacher, progress } = step;
    const { target, others } = decoupledKd(teacher.logits, student.logits, oneHot, temperature, weights);
    const rise = warmUp === 0 ? 1 : Math.min(1, progress / warmUp);
    return {
      ...(ceWeight > 0 && { ce: { value: crossEntropy(oneHot, student.logits, weights), weight: ceWeight } }),
      target: { value: target, weight: rise * targetWeight },
      others: { value: others, weight: rise * othersWeight },
    };
  },
});
