import { DistillError } from '@distilljs/core';
import type { BatchSampler, Random } from '@distilljs/core';
import { imagesPerGroup } from './images-per-group.js';

/** What {@link groupUniformSampler} needs to know; the public samplers name its groups. */
export interface GroupUniformOptions {
  /** The sampler's name. */
  readonly name: string;
  /** For messages: the function and option that `perGroup` came from. */
  readonly where: string;
  /** Group of each image, `[size]`. */
  readonly groups: ArrayLike<number>;
  /** Images per batch, n = K · k. */
  readonly batchSize: number;
  /** k, see {@link imagesPerGroup}. */
  readonly perGroup: number | 'auto';
}

/**
 * Batches of K distinct groups with k images each. Groups are drawn uniformly, whatever their size; images of a group
 * without replacement. A group smaller than k gives all its images, and the rest are drawn from them again. An epoch is
 * `floor(size / n)` batches; since classes are drawn anew for every batch, it does not visit each image once.
 *
 * @throws DistillError code `option` when n cannot be split into K groups of k, or for fewer images than n
 */
export function groupUniformSampler(options: GroupUniformOptions): BatchSampler {
  const { name, batchSize } = options;
  const size = options.groups.length;
  const members = membersByGroup(options.groups);
  const perGroup = imagesPerGroup(options.where, options.perGroup, batchSize, members.length);
  const stepsPerEpoch = Math.floor(size / batchSize);
  if (stepsPerEpoch === 0) {
    throw new DistillError({
      code: 'option',
      where: 'batchSize',
      expected: `at most the number of training images (${size})`,
      got: `${batchSize}`,
    });
  }
  return {
    name,
    batchSize,
    stepsPerEpoch,
    batches(random) {
      // Copies, since drawing reorders them: an epoch must not depend on the one before it.
      const pools = members.map((images) => images.slice());
      const order = Int32Array.from(pools.keys());
      return Array.from({ length: stepsPerEpoch }, () => {
        const batch = new Int32Array(batchSize);
        draw(order, batchSize / perGroup, random).forEach((group, position) => {
          batch.set(draw(pools[group] ?? new Int32Array(), perGroup, random), position * perGroup);
        });
        return batch;
      });
    },
  };
}

/** Positions of the images of each group that has any, by ascending group number. */
function membersByGroup(groups: ArrayLike<number>): Int32Array[] {
  const byGroup = new Map<number, number[]>();
  for (let image = 0; image < groups.length; image++) {
    const group = groups[image] ?? 0;
    const known = byGroup.get(group);
    if (known) known.push(image);
    else byGroup.set(group, [image]);
  }
  return [...byGroup].sort(([a], [b]) => a - b).map(([, images]) => Int32Array.from(images));
}

/** `count` entries of `pool`: distinct (partial Fisher–Yates, in place) while there are any left, then repeated ones. */
function draw(pool: Int32Array, count: number, random: Random): Int32Array {
  const drawn = new Int32Array(count);
  for (let position = 0; position < count; position++) {
    if (position >= pool.length) {
      drawn[position] = pool[random.integer(pool.length)] ?? 0;
      continue;
    }
    const other = position + random.integer(pool.length - position);
    const chosen = pool[other] ?? 0;
    pool[other] = pool[position] ?? 0;
    pool[position] = chosen;
    drawn[position] = chosen;
  }
  return drawn;
}
