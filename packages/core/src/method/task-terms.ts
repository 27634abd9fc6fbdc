import { crossEntropy } from '../loss/cross-entropy.js';
import { hintonKd, standardizedKd } from '../loss/hinton-kd.js';
import type { LossTerms, Reads, Step } from './contract.js';

/** The options with which techniques weight labels and teacher. */
export interface TaskOptions {
  /** Weight of the cross-entropy with the labels, at least 0. */
  readonly ceWeight: number;
  /** Weight of the divergence from the teacher, at least 0. */
  readonly kdWeight: number;
  /** T of both softmaxes of the divergence, 0.01 to 1000. */
  readonly temperature: number;
  /** Compare standardized logits. Default false. */
  readonly standardize?: boolean | undefined;
}

/**
 * `ceWeight · CE(y, z) + kdWeight · T² KL(p_teacher^T ‖ p_student^T)` as the terms `ce` and `kd`. A term of
 * weight 0 is omitted and costs nothing: without `kd` the teacher is not read. `ce` weights images by
 * `step.labelWeights`, which exclude unlabelled images; `kd` weights them by `step.weights`.
 */
export function taskTerms(
  step: Step,
  { ceWeight, kdWeight, temperature, standardize = false }: TaskOptions,
): LossTerms {
  const divergence = standardize ? standardizedKd : hintonKd;
  return {
    ...(ceWeight > 0 && {
      ce: { value: crossEntropy(step.oneHot, step.student.logits, step.labelWeights), weight: ceWeight },
    }),
    ...(kdWeight > 0 && {
      kd: {
        value: divergence(step.teacher.logits, step.student.logits, temperature, step.weights),
        weight: kdWeight,
      },
    }),
  };
}

/** What {@link taskTerms} read: labels (`some`) if `ceWeight` is above 0, and weights if any term is. */
export const taskReads = ({
  ceWeight,
  kdWeight,
}: Pick<TaskOptions, 'ceWeight' | 'kdWeight'>): Pick<Reads, 'labels' | 'weights'> => ({
  labels: ceWeight > 0 && 'some',
  weights: ceWeight + kdWeight > 0,
});
