import { crossEntropy, hintonKd, standardizedKd } from '../loss/index.js';
import { defineMethod } from '../method/define-method.js';
import { flag, inRange, positive } from '../option/index.js';

export interface KdOptions {
  /** Weight of cross-entropy; the distillation loss has `1 − alpha`. `[0, 1]`, default 0.1. */
  readonly alpha: number;
  /** Temperature T of both softmaxes, above 0. Default 4. */
  readonly temperature: number;
  /** Compare standardised logits (Sun et al., CVPR 2024). Default false. */
  readonly standardize: boolean;
}

/**
 * Vanilla knowledge distillation: `L = α · CE(y, z) + (1 − α) · T² · KL(p_teacher^T ‖ p_student^T)`.
 *
 * The defaults (α 0.1, T 4) are the toolkits' customary ones for CIFAR; the paper gives none.
 * @see Hinton, Vinyals, Dean, arXiv 1503.02531
 */
export const kd = defineMethod<KdOptions>({
  name: 'kd',
  defaults: { alpha: 0.1, temperature: 4, standardize: false },
  check: { alpha: inRange(0, 1), temperature: positive, standardize: flag },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, { alpha, temperature, standardize }) => {
    const distillation = standardize ? standardizedKd : hintonKd;
    return {
      ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: alpha },
      kd: { value: distillation(step.teacher.logits, step.student.logits, temperature), weight: 1 - alpha },
    };
  },
});
