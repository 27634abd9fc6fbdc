import { crossEntropy, labelSmoothingCrossEntropy } from '../loss/index.js';
import { defineMethod } from '../method/define-method.js';
import { inRange } from '../option/index.js';

/* Students that learn from labels alone. */

/**
 * The student alone, trained with cross-entropy: the baseline that every technique has to beat. It has no
 * options.
 */
export type StudentOptions = Readonly<Record<string, never>>;

/** `L = CE(y, softmax(z))`. No teacher runs. */
export const student = defineMethod<StudentOptions>({
  name: 'student',
  repeatable: true,
  defaults: {},
  check: {},
  reads: () => ({ student: [], labels: 'some', weights: true }),
  loss: (step) => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits, step.labelWeights), weight: 1 },
  }),
});

export interface LabelSmoothingOptions {
  /** Share ε of the target mass that is spread evenly over all classes, `[0, 0.99]`. Default 0.1. */
  readonly smoothing: number;
}

/** `L = CE((1 − ε) y + ε / classes, softmax(z))`. No teacher runs. */
export const labelSmoothing = defineMethod<LabelSmoothingOptions>({
  name: 'label-smoothing',
  repeatable: true,
  defaults: { smoothing: 0.1 },
  check: { smoothing: inRange(0, 0.99) },
  reads: () => ({ student: [], labels: 'some', weights: true }),
  loss: (step, { smoothing }) => ({
    ce: {
      value: labelSmoothingCrossEntropy(step.oneHot, step.student.logits, smoothing, step.labelWeights),
      weight: 1,
    },
  }),
});
