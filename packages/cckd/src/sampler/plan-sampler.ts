import { DistillError, withTeacher } from '@distilljs/core';
import type { BatchSampler, PlanContext } from '@distilljs/core';
import type { CckdOptions } from '../options.js';
import { pooledWidth } from '../pooled-embedding.js';
import { clusterSuperclasses } from './cluster-superclasses.js';
import { groupUniformSampler } from './group-uniform.js';
import { imagesPerGroup } from './images-per-group.js';
import { teacherFeatures } from './teacher-features.js';

/**
 * The sampler that the options ask for; `undefined` for `uniform`, which is core's default.
 *
 * `sur` runs the teacher once over the training set and clusters its features.
 *
 * @throws DistillError code `option` when the batch cannot be split into (super)classes, or for more superclasses than images;
 *   `tap` or `shape` for a teacher's tap that is not there or no embedding. All but clusters that end up empty is
 *   refused before the teacher runs.
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
      const taught = withTeacher('cckd', context);
      const clusters = superclassCount(options, context);
      pooledWidth(`teacher tap '${options.teacherTap}'`, taught.teacher.tapShape(options.teacherTap));
      // Clusters that end up empty leave fewer superclasses: what does not fit all of them fits no fewer.
      imagesPerGroup(shared.where, shared.perGroup, shared.batchSize, clusters);
      const features = await teacherFeatures(taught, options.teacherTap);
      const random = context.random.fork('superclasses');
      const groups = clusterSuperclasses(features, { clusters, random });
      return groupUniformSampler({ ...shared, name: 'sur', groups });
    }
  }
}

function superclassCount(
  { superclasses }: Pick<CckdOptions, 'superclasses'>,
  { train }: Pick<PlanContext, 'train'>,
): number {
  const count = superclasses === 'auto' ? train.classes : superclasses;
  if (count <= train.size) return count;
  throw new DistillError({
    code: 'option',
    where: 'cckd.superclasses',
    expected: `at most the number of training images (${train.size})`,
    got: superclasses === 'auto' ? `'auto', i.e. the ${count} classes` : `${count}`,
    hint: 'Ask for fewer superclasses.',
  });
}
