import { defineMethod, nonNegative, taskTerms } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/** Matches logits: a method as a user would write one. */
export default defineMethod({
  name: 'match',
  defaults: { weight: 1, ceWeight: 1, kdWeight: 0, temperature: 4 },
  check: { weight: nonNegative, ceWeight: nonNegative, kdWeight: nonNegative, temperature: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, options) => ({
    ...taskTerms(step, options),
    match: {
      value: tf.losses.meanSquaredError(step.teacher.logits, step.student.logits),
      weight: options.weight,
    },
  }),
});
