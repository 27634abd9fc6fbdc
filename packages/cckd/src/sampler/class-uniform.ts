import type { BatchSampler } from '@distilljs/core';
import { groupUniformSampler } from './group-uniform.js';

/** Options of {@link classUniformSampler}. */
export interface ClassUniformOptions {
  /** Class of each image, `[size]`: `dataset.labels`. Classes without images do not count. */
  readonly labels: ArrayLike<number>;
  /** Images per batch, n = K · k. */
  readonly batchSize: number;
  /**
   * Images per class, k: a divisor of `batchSize` with at most as many classes per batch as there are; `auto` is the
   * smallest such k from 4 up, or 3 or 2 for batches too small for two classes of 4.
   */
  readonly perClass: number | 'auto';
}

/**
 * CUR, the class-uniform random sampler: every batch holds K distinct classes, drawn uniformly, with k images each.
 *
 * @throws DistillError code `option` when the batch cannot be split that way, or for fewer images than n
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5; k = 4 in the main runs.
 *
 * Certainty: not in the paper, decided here: classes with fewer than k images repeat some; an epoch is
 * `floor(size / n)` batches.
 */
export function classUniformSampler(options: ClassUniformOptions): BatchSampler {
  return groupUniformSampler({
    name: 'cur',
    where: 'classUniformSampler(perClass)',
    groups: options.labels,
    batchSize: options.batchSize,
    perGroup: options.perClass,
  });
}
