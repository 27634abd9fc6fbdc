import { crossEntropy, defineMethod, nonNegative } from '@distilljs/core';
import { logitMatching } from './logit-matching.js';
import type { AfdOptions } from './options.js';

/**
 * Cross-entropy plus weighted logit matching: `L = CE(y, s) + weight · 1/(n·c) Σ (s − t)²`.
 *
 * The starting point that the package was made with; the paper's own terms take its place.
 * @see Feature-map-level Online Adversarial Knowledge Distillation, Chung, Park, Kim and Kwak, ICML 2020, https://arxiv.org/abs/2002.01775
 */
export const afd = defineMethod<AfdOptions>({
  name: 'afd',
  defaults: { weight: 1 },
  check: { weight: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, { weight }) => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
    match: { value: logitMatching(step.teacher.logits, step.student.logits), weight },
  }),
});
