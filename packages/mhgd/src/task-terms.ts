import { crossEntropy, hintonKd } from '@distilljs/core';
import type { LossTerms, Step } from '@distilljs/core';

/** What the transfer gradient is measured by. */
export interface TaskOptions {
  readonly alpha: number;
  readonly temperature: number;
}

/** `α CE + (1 − α) KD` as terms `ce` and `kd`; one of weight 0 is left out. */
export function taskTerms(step: Step, { alpha, temperature }: TaskOptions): LossTerms {
  return {
    ...(alpha > 0 && { ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: alpha } }),
    ...(alpha < 1 && {
      kd: { value: hintonKd(step.teacher.logits, step.student.logits, temperature), weight: 1 - alpha },
    }),
  };
}
