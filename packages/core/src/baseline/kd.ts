import { defineMethod } from '../method/define-method.js';
import { taskReads, taskTerms } from '../method/task-terms.js';
import { flag, nonNegative, temperatureRange } from '../option/index.js';

export interface KdOptions {
  /** Weight of the cross-entropy with the labels, at least 0. Default 0.1. */
  readonly ceWeight: number;
  /** Weight of the divergence from the teacher, at least 0; 0 needs no teacher. Default 0.9. */
  readonly kdWeight: number;
  /** Temperature T of both softmaxes, 0.01 to 1000. Default 4. */
  readonly temperature: number;
  /** Compare standardized logits (Sun et al., CVPR 2024). Default false. */
  readonly standardize: boolean;
}

/**
 * Vanilla knowledge distillation: `L = ceWeight · CE(y, z) + kdWeight · T² · KL(p_teacher^T ‖ p_student^T)`.
 *
 * The defaults (0.1, 0.9, T 4) are those that toolkits customarily use for CIFAR; the paper gives none.
 * @see Hinton, Vinyals, Dean, arXiv 1503.02531
 */
export const kd = defineMethod<KdOptions>({
  name: 'kd',
  repeatable: true,
  defaults: { ceWeight: 0.1, kdWeight: 0.9, temperature: 4, standardize: false },
  check: { ceWeight: nonNegative, kdWeight: nonNegative, temperature: temperatureRange, standardize: flag },
  weights: ['ceWeight', 'kdWeight'],
  reads: ({ ceWeight, kdWeight }) => ({
    student: [],
    teacher: kdWeight > 0 ? [] : undefined,
    ...taskReads({ ceWeight, kdWeight }),
  }),
  loss: taskTerms,
});
