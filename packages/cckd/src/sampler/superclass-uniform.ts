import type { BatchSampler } from '@distilljs/core';
import { groupUniformSampler } from './group-uniform.js';

/** Options of {@link superclassUniformSampler}. */
export interface SuperclassUniformOptions {
  /** Superclass of each image, `[size]`: cluster numbers from `clusterSuperclasses`, or any other coarse label. */
  readonly superclasses: ArrayLike<number>;
  /** Images per batch, n = K · k. */
  readonly batchSize: number;
  /** Images per superclass, k: see `classUniformSampler`. */
  readonly perClass: number | 'auto';
}

/**
 * SUR, the superclass-uniform random sampler: as CUR, with clusters of the teacher's features in place of classes. It
 * needs no labels.
 *
 * @throws DistillError code `option` when the batch cannot be split that way, or for fewer images than n
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5
 */
export function superclassUniformSampler(options: SuperclassUniformOptions): BatchSampler {
  return groupUniformSampler({
    name: 'sur',
    where: 'superclassUniformSampler(perClass)',
    groups: options.superclasses,
    batchSize: options.batchSize,
    perGroup: options.perClass,
  });
}
