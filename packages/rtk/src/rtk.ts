import { crossEntropy, defineMethod, nonNegative } from '@distilljs/core';
import { logitMatching } from './logit-matching.js';
import type { RtkOptions } from './options.js';

/**
 * Cross-entropy plus weighted logit matching: `L = CE(y, s) + weight · 1/(n·c) Σ (s − t)²`.
 *
 * The starting point that the package was made with; the paper's own terms take its place.
 * @see Representative Teacher Keys for Knowledge Distillation Model Compression Based on Attention Mechanism for Image Classification, Yang, Kao and Huang, 2022, https://arxiv.org/abs/2206.12788
 */
export const rtk = defineMethod<RtkOptions>({
  name: 'rtk',
  defaults: { weight: 1 },
  check: { weight: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, { weight }) => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
    match: { value: logitMatching(step.teacher.logits, step.student.logits), weight },
  }),
});
