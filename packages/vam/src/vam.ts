import { crossEntropy, defineMethod, nonNegative } from '@distilljs/core';
import { logitMatching } from './logit-matching.js';
import type { VamOptions } from './options.js';

/**
 * Cross-entropy plus weighted logit matching: `L = CE(y, s) + weight · 1/(n·c) Σ (s − t)²`.
 *
 * The starting point that the package was made with; the paper's own terms take its place.
 * @see KDExplainer: A Task-oriented Attention Model for Explaining Knowledge Distillation, Xue, Song, Wang, Chen, Wang and Song, IJCAI 2021, https://arxiv.org/abs/2105.04181
 */
export const vam = defineMethod<VamOptions>({
  name: 'vam',
  defaults: { weight: 1 },
  check: { weight: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, { weight }) => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
    match: { value: logitMatching(step.teacher.logits, step.student.logits), weight },
  }),
});
