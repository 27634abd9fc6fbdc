import { crossEntropy, defineMethod, nonNegative } from '@distilljs/core';
import { logitMatching } from './logit-matching.js';
import type { MhgdOptions } from './options.js';

/**
 * Cross-entropy plus weighted logit matching: `L = CE(y, s) + weight · 1/(n·c) Σ (s − t)²`.
 *
 * The starting point that the package was made with; the paper's own terms take its place.
 * @see Graph-based Knowledge Distillation by Multi-head Attention Network, Lee and Song, BMVC 2019, https://arxiv.org/abs/1907.02226
 */
export const mhgd = defineMethod<MhgdOptions>({
  name: 'mhgd',
  defaults: { weight: 1 },
  check: { weight: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, { weight }) => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
    match: { value: logitMatching(step.teacher.logits, step.student.logits), weight },
  }),
});
