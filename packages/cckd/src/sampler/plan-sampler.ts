import type { BatchSampler, PlanContext } from '@distilljs/core';
import type { CckdOptions } from '../options.js';
import { clusterSuperclasses } from './cluster-superclasses.js';
import { groupUniformSampler } from './group-uniform.js';
import { teacherFeatures } from './teacher-features.js';

/**
 * The sampler that the options ask for; `undefined` for `uniform`, which is core's default.
 *
 * `sur` runs the teacher once over the training set and clusters its features.
 *
 * @throws DistillError code `option` when the batch cannot be split into (super)classes
 */
export async function planSampler(
  context: PlanContext,
  options: Pick<CckdOptions, 'sampler' | 'perClass' | 'superclasses' | 'teacherTap'>,
): Promise<BatchSampler | undefined> {
  const shared = { batchSize: context.batchSize, perGroup: options.perClass, where: 'cckd.perClass' };
  switch (options.sampler) {
    case 'uniform':
      return undefined;
    case 'cur':
      return groupUniformSampler({ ...shared, name: 'cur', groups: context.train.labels });
    case 'sur': {
      const features = await teacherFeatures(context, options.teacherTap);
      const groups = clusterSuperclasses(features, {
        clusters: options.superclasses === 'auto' ? context.train.classes : options.superclasses,
        random: context.random.fork('superclasses'),
      });
      return groupUniformSampler({ ...shared, name: 'sur', groups });
    }
  }
}
