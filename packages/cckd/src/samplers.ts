import {
  DistillError,
  eitherOf,
  expectOption,
  expectRandom,
  objectWith,
  oneOf,
  wholeNumber,
} from '@distilljs/core';
import type { BatchSampler, Random } from '@distilljs/core';
import { expectEach } from './evaluation/unit-table.js';

/** The paper's k, and the smallest that `auto` prefers. */
const PAPER_PER_GROUP = 4;

/** Options that the samplers of this package share. */
interface GroupOptions {
  /** Images per batch, n = K · k. */
  readonly batchSize: number;
  /**
   * Images per (super)class, k. It must divide `batchSize`, and a batch cannot need more (super)classes than exist.
   * `auto` is the smallest such k from 4 up, or 3 or 2 for batches too small for two classes of 4.
   */
  readonly perClass: number | 'auto';
  /**
   * Random stream for all epochs: each epoch continues the queues of the previous one. Left out: each epoch starts new
   * queues from the stream passed to `batches`.
   */
  readonly random?: Random | undefined;
}

/** Options of {@link classUniformSampler}. */
export interface ClassUniformOptions extends GroupOptions {
  /** Class of each image, `[size]`, such as `dataset.labels`. Classes without images do not count. */
  readonly labels: ArrayLike<number>;
}

/** Options of {@link superclassUniformSampler}. */
export interface SuperclassUniformOptions extends GroupOptions {
  /** Superclass of each image, `[size]`: cluster numbers from `clusterSuperclasses`, or any other coarse label. */
  readonly superclasses: ArrayLike<number>;
}

/**
 * CUR, the class-uniform random sampler: every batch holds K distinct classes with k images each.
 *
 * ```ts
 * const sampler = classUniformSampler({ labels: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2], batchSize: 4, perClass: 2 });
 * sampler.batches(createRandom(1)); // three batches, e.g. [2, 0, 9, 8]: two images of each of two classes
 * ```
 *
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer images than n, and for images
 *   without a class
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5; k = 4 in the main runs.
 *
 * Certainty: the paper says only "class-uniform". Our choices: classes and the images of a class come from shuffled
 * queues, so that no image waits while another of its class is seen twice. Classes with fewer than k images repeat
 * some. An epoch is `floor(size / n)` batches.
 */
export function classUniformSampler(given: ClassUniformOptions): BatchSampler {
  expectOption('classUniformSampler', given, objectWith('labels', 'batchSize', 'perClass'));
  const { labels, ...options } = given;
  expectEach('classUniformSampler(labels)', labels, wholeNumber({ min: 0 }));
  return groupUniformSampler('cur', 'classUniformSampler(perClass)', labels, options);
}

/**
 * SUR, the superclass-uniform random sampler: CUR with clusters of the teacher's features in place of classes. It needs
 * no labels.
 *
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer images than n, and for images
 *   without a superclass
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5
 */
export function superclassUniformSampler(given: SuperclassUniformOptions): BatchSampler {
  expectOption('superclassUniformSampler', given, objectWith('superclasses', 'batchSize', 'perClass'));
  const { superclasses, ...options } = given;
  expectEach('superclassUniformSampler(superclasses)', superclasses, wholeNumber({ min: 0 }));
  return groupUniformSampler('sur', 'superclassUniformSampler(perClass)', superclasses, options);
}

/**
 * Batches of K distinct groups with k images each. Groups come from one shuffled queue, the images of each group from
 * another; the queues continue across batches. So the draw counts of any two groups differ by at most one, whatever
 * their sizes, and so do those of any two images of a group.
 *
 * @param where for messages: the function and option that `perClass` came from
 * @param groups group of each image, `[size]`
 * @throws DistillError code `option` when n cannot be split into K groups of k, or for fewer images than n
 */
export function groupUniformSampler(
  name: string,
  where: string,
  groups: ArrayLike<number>,
  { batchSize, perClass, random: run }: GroupOptions,
): BatchSampler {
  if (run !== undefined) expectRandom(`${where}, random`, run);
  const members = membersByGroup(groups);
  const perGroup = imagesPerGroup(where, perClass, batchSize, members.length);
  const stepsPerEpoch = Math.floor(groups.length / batchSize);
  if (stepsPerEpoch === 0) {
    throw new DistillError({
      code: 'option',
      where: 'batchSize',
      expected: `at most the number of training images (${groups.length})`,
      got: `${batchSize}`,
    });
  }
  return {
    name,
    batchSize,
    stepsPerEpoch,
    batches(random, epoch = 0) {
      if (run === undefined) expectRandom(`sampler '${name}', batches(random)`, random);
      const stream = run?.fork('order') ?? random;
      const nextGroups = shuffledQueue(Int32Array.from(members.keys()), stream);
      const nextImages = members.map((images) => shuffledQueue(images, stream));
      const nextBatch = (): Int32Array =>
        Int32Array.from(
          nextGroups(batchSize / perGroup).flatMap((group) => nextImages[group]?.(perGroup) ?? []),
        );
      // Redraws all earlier epochs: a sampler keeps no position, so that a run can resume at any epoch.
      if (run !== undefined) for (let step = 0; step < epoch * stepsPerEpoch; step++) nextBatch();
      return Array.from({ length: stepsPerEpoch }, nextBatch);
    },
  };
}

/**
 * An endless queue: pass after pass over the entries, each newly shuffled. The entries of one call are distinct if
 * there are enough of them: where a call spans two passes, entries already taken move to a later place in the new pass.
 */
function shuffledQueue(entries: Int32Array, random: Random): (count: number) => number[] {
  let waiting: number[] = [];
  const shuffled = (): number[] => Array.from(random.permutation(entries.length), (at) => entries[at] ?? 0);
  return (count) => {
    const taken: number[] = [];
    while (count - taken.length >= entries.length) taken.push(...shuffled());
    const wanted = count - taken.length;
    const last = waiting.splice(0, wanted);
    if (last.length < wanted) {
      const pass = shuffled();
      const first = pass.filter((entry) => !last.includes(entry)).slice(0, wanted - last.length);
      waiting = pass.filter((entry) => !first.includes(entry));
      last.push(...first);
    }
    return [...taken, ...last];
  };
}

/** Positions of the images of each non-empty group, by ascending group number. */
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

/**
 * Number of images of each (super)class in a batch: k in `batchSize = K · k`.
 *
 * A given number is used unchanged or refused. `auto` is the paper's 4 where possible, else the next larger divisor of
 * the batch size that needs no more groups than exist. For a batch of 64 over 10 classes that is 8 (K = 8), since k = 4
 * would need 16 classes. Batches too small for two groups of 4 get the largest k below 4 that fits, 3 or 2. `auto`
 * never gives 1, which leaves no pair from the same class.
 *
 * @param where for messages, e.g. `classUniformSampler(perClass)`
 * @param groupCount number of (super)classes that have images
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer than two groups, and for sizes
 *   that are not whole numbers
 */
export function imagesPerGroup(
  where: string,
  requested: number | 'auto',
  batchSize: number,
  groupCount: number,
): number {
  expectOption('batchSize', batchSize, wholeNumber({ min: 1 }));
  expectOption(where, requested, eitherOf(oneOf('auto'), wholeNumber({ min: 1 })));
  if (groupCount < 2) {
    throw new DistillError({
      code: 'option',
      where,
      expected: 'at least 2 (super)classes',
      got: `${groupCount}`,
      hint: "Use the sampler 'uniform'.",
    });
  }
  const possible = divisors(batchSize).filter(
    (k) => k >= 2 && batchSize / k <= groupCount && batchSize / k >= 2,
  );
  if (requested === 'auto') {
    const chosen = possible.find((k) => k >= PAPER_PER_GROUP) ?? possible.at(-1);
    if (chosen !== undefined) return chosen;
    throw new DistillError({
      code: 'option',
      where,
      expected: `a batch size that splits into 2 to ${groupCount} (super)classes of at least 2 images`,
      got: `batch size ${batchSize}`,
      hint: `Set batchSize to a multiple of ${PAPER_PER_GROUP}, or use the sampler 'uniform'.`,
    });
  }
  const groups = batchSize / requested;
  if (Number.isInteger(groups) && groups >= 2 && groups <= groupCount) return requested;
  const others = possible.length > 0 ? `'auto' or one of ${possible.join(', ')}` : "'auto'";
  throw new DistillError({
    code: 'option',
    where,
    expected: `a divisor of the batch size ${batchSize} that leaves 2 to ${groupCount} (super)classes per batch`,
    got: `${requested}, i.e. ${groups} (super)class${groups === 1 ? '' : 'es'}`,
    hint: `Set it to ${others}, or batchSize to a multiple of ${requested} that is at most ${requested * groupCount}.`,
  });
}

function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter(
    (candidate) => value % candidate === 0,
  );
}
