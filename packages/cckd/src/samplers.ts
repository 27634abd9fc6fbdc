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

/** The paper's k, and the least that `auto` aims at. */
const PAPER_PER_GROUP = 4;

/** What the samplers of this package share. */
interface GroupOptions {
  /** Images per batch, n = K · k. */
  readonly batchSize: number;
  /**
   * Images per (super)class, k: a divisor of `batchSize` with at most as many classes per batch as there are; `auto` is the
   * smallest such k from 4 up, or 3 or 2 for batches too small for two classes of 4.
   */
  readonly perClass: number | 'auto';
  /**
   * The stream of all epochs: an epoch goes on where the one before it ended. Left out: each epoch begins its queues anew,
   * from the stream that it is given.
   */
  readonly random?: Random | undefined;
}

/** Options of {@link classUniformSampler}. */
export interface ClassUniformOptions extends GroupOptions {
  /** Class of each image, `[size]`: `dataset.labels`. Classes without images do not count. */
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
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer images than n, and for images without a class
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5; k = 4 in the main runs.
 *
 * Certainty: the paper says no more than "class-uniform". Decided here: classes and the images of a class come from
 * shuffled queues, so that no image waits while another of its class is seen twice; classes with fewer than k images
 * repeat some; an epoch is `floor(size / n)` batches.
 */
export function classUniformSampler(given: ClassUniformOptions): BatchSampler {
  expectOption('classUniformSampler', given, objectWith('labels', 'batchSize', 'perClass'));
  const { labels, ...options } = given;
  expectEach('classUniformSampler(labels)', labels, wholeNumber({ min: 0 }));
  return groupUniformSampler('cur', 'classUniformSampler(perClass)', labels, options);
}

/**
 * SUR, the superclass-uniform random sampler: as CUR, with clusters of the teacher's features in place of classes. It
 * needs no labels.
 *
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer images than n, and for images without a class
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5
 */
export function superclassUniformSampler(given: SuperclassUniformOptions): BatchSampler {
  expectOption('superclassUniformSampler', given, objectWith('superclasses', 'batchSize', 'perClass'));
  const { superclasses, ...options } = given;
  expectEach('superclassUniformSampler(superclasses)', superclasses, wholeNumber({ min: 0 }));
  return groupUniformSampler('sur', 'superclassUniformSampler(perClass)', superclasses, options);
}

/**
 * Batches of K distinct groups with k images each. Groups come from one shuffled queue and the images of a group from one
 * of its own; both go on across batches. So groups are drawn equally often whatever their size, to within one, and so are
 * the images of a group.
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
      // The epochs before this one are drawn again: a sampler keeps no position, so a run resumes anywhere.
      if (run !== undefined) for (let step = 0; step < epoch * stepsPerEpoch; step++) nextBatch();
      return Array.from({ length: stepsPerEpoch }, nextBatch);
    },
  };
}

/**
 * A queue that never ends: pass after pass over the entries, each pass in an order of its own. The entries of one call are
 * distinct as far as there are enough: those that would come twice where one pass ends and the next begins are put behind
 * the others.
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

/**
 * How many images of each (super)class a batch takes: k in `batchSize = K · k`.
 *
 * A number is taken as it is, or refused. `auto` is the paper's 4 where that is possible, else the next divisor of the
 * batch size with at most as many groups per batch as there are: 8 for a batch of 64 over 10 classes (K = 8), since 16
 * distinct classes cannot be had. Batches too small for two groups of 4 get the largest k below 4 that fits, 3 or 2; never
 * 1, which leaves no pair of one class.
 *
 * @param where for messages, e.g. `classUniformSampler(perClass)`
 * @param groupCount number of (super)classes that have images
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer than two groups, and for sizes that
 *   are no whole numbers
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
  if (Number.isInteger(batchSize / requested) && batchSize / requested <= groupCount) return requested;
  const others = possible.length > 0 ? `'auto' or one of ${possible.join(', ')}` : "'auto'";
  throw new DistillError({
    code: 'option',
    where,
    expected: `a divisor of the batch size ${batchSize} that leaves at most ${groupCount} (super)classes per batch`,
    got: `${requested}, i.e. ${batchSize / requested} (super)classes`,
    hint: `Set it to ${others}, or batchSize to a multiple of ${requested} that is at most ${requested * groupCount}.`,
  });
}

function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter(
    (candidate) => value % candidate === 0,
  );
}
