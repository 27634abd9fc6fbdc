import { crossEntropy } from '../loss/cross-entropy.js';
import { hintonKd } from '../loss/hinton-kd.js';
import { standardizedKd } from '../loss/standardized-kd.js';
import type { LossTerms, Step } from './contract.js';

/** The options by which techniques weigh labels and teacher. */
export interface TaskOptions {
  /** Weight of the cross-entropy with the labels, at least 0. */
  readonly ceWeight: number;
  /** Weight of the divergence from the teacher, at least 0. */
  readonly kdWeight: number;
  /** T of both softmaxes of the divergence, above 0. */
  readonly temperature: number;
  /** Compare standardised logits. Default false. */
  readonly standardize?: boolean | undefined;
}

/**
 * `ceWeight · CE(y, z) + kdWeight · T² KL(p_teacher^T ‖ p_student^T)` as the terms `ce` and `kd`. A term of weight 0 is left
 * out and costs nothing: without `kd` the teacher is not touched. Both are weighted by `step.weights`.
 */
export function taskTerms(
  step: Step,
  { ceWeight, kdWeight, temperature, standardize = false }: TaskOptions,
): LossTerms {
  const divergence = standardize ? standardizedKd : hintonKd;
  return {
    ...(ceWeight > 0 && {
      ce: { value: crossEntropy(step.oneHot, step.student.logits, step.weights), weight: ceWeight },
    }),
    ...(kdWeight > 0 && {
      kd: {
        value: divergence(step.teacher.logits, step.student.logits, temperature, step.weights),
        weight: kdWeight,
      },
    }),
  };
}
