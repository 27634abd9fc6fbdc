import { crossEntropy } from '../loss/index.js';
import { defineMethod } from '../method/define-method.js';

/** The student alone with cross-entropy: what every technique has to beat. It has no options. */
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
