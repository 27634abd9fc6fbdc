import { defineMethod, nonNegative, positive, taskTerms } from '@distilljs/core';
import { logitMatching } from './logit-matching.js';
import type { __Pascal__Options } from './options.js';

/**
 * Cross-entropy, KD and weighted logit matching: `L = ceWeight · CE(y, s) + kdWeight · KD + weight · 1/(n·c) Σ (s − t)²`.
 *
 * The starting point that the package was made with; the paper's own terms take its place.
 * @see __paper__
 */
export const __camel__ = defineMethod<__Pascal__Options>({
  name: '__name__',
  defaults: { weight: 1, ceWeight: 1, kdWeight: 0, temperature: 4 },
  check: { weight: nonNegative, ceWeight: nonNegative, kdWeight: nonNegative, temperature: positive },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, options) => ({
    ...taskTerms(step, options),
    match: {
      value: logitMatching(step.teacher.logits, step.student.logits),
      weight: options.weight,
    },
  }),
});
