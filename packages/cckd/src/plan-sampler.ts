import * as tf from '@tensorflow/tfjs-core';
import { askTeacher, DistillError, pooledEmbedding, pooledWidth, withTeacher } from '@distilljs/core';
import type { BatchSampler, PlanContext, TaughtContext } from '@distilljs/core';
import type { CckdOptions } from './options.js';
import { groupUniformSampler, imagesPerGroup } from './samplers.js';
import { clusterSuperclasses } from './superclasses.js';

/**
 * The sampler that the options select; `undefined` for `uniform`, which is core's default.
 *
 * `sur` runs the teacher once over the training set and clusters its features. Only empty clusters can cause an error
 * after the teacher has run.
 *
 * @throws DistillError code `option` when the batch cannot be split into (super)classes, or for more superclasses than
 *   images; `tap` or `shape` for a teacher's tap that does not exist or is not an embedding; `data` when `cur` meets an
 *   unlabelled image
 */
export async function planSampler(
  context: PlanContext,
  options: Pick<CckdOptions, 'sampler' | 'perClass' | 'superclasses' | 'teacherTap'>,
): Promise<BatchSampler | undefined> {
  const { batchSize } = context;
  const where = 'cckd.perClass';
  const shared = { batchSize, perClass: options.perClass, random: context.random.fork('sampler') };
  switch (options.sampler) {
    case 'uniform':
      return undefined;
    case 'cur':
      expectLabelled(context.train);
      return groupUniformSampler('cur', where, context.train.labels, shared);
    case 'sur': {
      const taught = withTeacher('cckd', context);
      const clusters = superclassCount(options, context);
      pooledWidth(`teacher tap '${options.teacherTap}'`, taught.teacher.tapShape(options.teacherTap));
      // Checked before the teacher runs: a batch that does not fit all superclasses fits no fewer if some end up empty.
      imagesPerGroup(where, options.perClass, batchSize, clusters);
      const features = await teacherFeatures(taught, options.teacherTap);
      const random = context.random.fork('superclasses');
      const groups = clusterSuperclasses(features, { clusters, random });
      return groupUniformSampler('sur', where, groups, shared);
    }
  }
}

function expectLabelled({ name, labels }: PlanContext['train']): void {
  const first = labels.indexOf(-1);
  if (first === -1) return;
  throw new DistillError({
    code: 'data',
    where: `cckd.sampler, dataset '${name}'`,
    expected: "a label for every image, because 'cur' draws by class",
    got: `none for image ${first}`,
    hint: "Use sampler 'sur' (clusters of the teacher's features) or 'uniform'.",
  });
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

/**
 * The frozen teacher's embedding of every training image, unaugmented, computed in chunks of the run's batch size.
 *
 * @param tap the teacher's tap; feature maps are averaged over height and width
 * @returns one row per image, `[size][d]`
 * @throws DistillError code `shape` when the tap is neither an embedding nor a feature map
 */
async function teacherFeatures(context: TaughtContext, tap: string): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let start = 0; start < context.train.size; start += context.batchSize) {
    const count = Math.min(context.batchSize, context.train.size - start);
    const positions = Int32Array.from({ length: count }, (_, offset) => start + offset);
    const images = await context.images(positions);
    const output = await askTeacher(context.teacher, images, [tap]).catch((error: unknown) => {
      images.dispose();
      throw error;
    });
    const embedding = tf.tidy(() => pooledEmbedding(`teacher tap '${tap}'`, output.tap(tap)).clone());
    output.dispose();
    images.dispose();
    const [, width] = embedding.shape;
    const values = await embedding.data<'float32'>();
    embedding.dispose();
    for (let row = 0; row < count; row++) rows.push(values.slice(row * width, (row + 1) * width));
  }
  return rows;
}
