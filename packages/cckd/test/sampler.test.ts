import { createRandom } from '@distilljs/core';
import type { BatchSampler } from '@distilljs/core';
import { expect, test } from 'vitest';
import { classUniformSampler, superclassUniformSampler } from '../src/index.js';

/** Labels with the given number of images per class, interleaved. */
function labelsOf(sizes: readonly number[]): Int32Array {
  return Int32Array.from(sizes.flatMap((size, label) => Array.from({ length: size }, () => label)));
}

/** Images per class of one batch. */
function countsOf(batch: Int32Array, labels: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const image of batch) counts.set(labels[image] ?? -1, (counts.get(labels[image] ?? -1) ?? 0) + 1);
  return counts;
}

/** Pearson's statistic against equal shares. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

test('every batch holds exactly K distinct classes with k distinct images each; an epoch is floor(N / n)', () => {
  const labels = labelsOf([40, 30, 20, 10, 50, 4, 8, 38]);
  const sampler = classUniformSampler({ labels, batchSize: 24, perClass: 4 });
  expect(sampler.stepsPerEpoch).toBe(Math.floor(200 / 24));
  const batches = sampler.batches(createRandom(1));
  expect(batches).toHaveLength(8);
  for (const batch of batches) {
    expect(batch).toHaveLength(24);
    expect([...countsOf(batch, labels).values()]).toEqual([4, 4, 4, 4, 4, 4]);
    expect(new Set(batch).size).toBe(24);
  }
});

test('a class smaller than k gives all its images and is topped up with them', () => {
  const labels = labelsOf([2, 9, 1]);
  const sampler = classUniformSampler({ labels, batchSize: 12, perClass: 4 });
  const [batch = new Int32Array()] = sampler.batches(createRandom(3));
  const imagesOf = (label: number): number[] => [...batch].filter((image) => labels[image] === label);
  expect(imagesOf(0)).toHaveLength(4);
  expect(new Set(imagesOf(0))).toEqual(new Set([0, 1]));
  expect(imagesOf(2)).toEqual([11, 11, 11, 11]);
  expect(new Set(imagesOf(1)).size).toBe(4);
});

test('classes are drawn uniformly though one is 100 times the size of another, and images uniformly within a class', () => {
  const sizes = [1000, 500, 100, 50, 20, 10];
  const labels = labelsOf(sizes);
  const sampler = classUniformSampler({ labels, batchSize: 8, perClass: 4 });
  const drawn = sizes.map(() => 0);
  const inSmallest = Array.from({ length: 10 }, () => 0);
  let batches = 0;
  for (let epoch = 0; epoch < 20; epoch++) {
    for (const batch of sampler.batches(createRandom(5).fork(epoch))) {
      batches++;
      for (const label of countsOf(batch, labels).keys()) drawn[label] = (drawn[label] ?? 0) + 1;
      for (const image of batch)
        if (image >= 1670) inSmallest[image - 1670] = (inSmallest[image - 1670] ?? 0) + 1;
    }
  }
  expect(batches).toBe(20 * 210);
  // Upper 0.5 % points of the chi-squared distribution with 5 and 9 degrees of freedom.
  expect(chiSquared(drawn)).toBeLessThan(16.75);
  expect(chiSquared(inSmallest)).toBeLessThan(23.59);
});

test('one seed gives one sequence, another another; an epoch does not depend on the one before it', () => {
  const labels = labelsOf([30, 30, 30, 30]);
  const sampler = classUniformSampler({ labels, batchSize: 8, perClass: 4 });
  const first = sampler.batches(createRandom(7).fork('epoch-0'));
  const second = sampler.batches(createRandom(7).fork('epoch-1'));
  expect(sampler.batches(createRandom(7).fork('epoch-0'))).toEqual(first);
  expect(second).not.toEqual(first);
  expect(sampler.batches(createRandom(8).fork('epoch-0'))).not.toEqual(first);
});

/** How often each image came in these epochs. */
function exposures(sampler: BatchSampler, size: number, epochs: number): number[] {
  const seen = Array.from({ length: size }, () => 0);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of sampler.batches(createRandom(1).fork(epoch), epoch))
      for (const image of batch) seen[image] = (seen[image] ?? 0) + 1;
  }
  return seen;
}

test('ten classes of about 398 images: an epoch leaves out few, and twelve epochs show all about equally often', () => {
  const sizes = [380, 390, 395, 398, 398, 400, 402, 404, 406, 406];
  const labels = labelsOf(sizes);
  const random = createRandom(4);
  const sampler = classUniformSampler({ labels, batchSize: 64, perClass: 8, random });
  expect([labels.length, sampler.stepsPerEpoch]).toEqual([3979, 62]);
  // 62 · 8 draws over 10 classes are 49 or 50 each: 392 or 400 images, of 406 at most.
  const once = exposures(sampler, 3979, 1);
  expect(once.filter((count) => count === 0).length).toBeLessThanOrEqual(3979 - 10 * 380);
  expect(Math.max(...once)).toBeLessThanOrEqual(2);
  // 12 · 62 · 8 / 10 = 595.2 draws of 8 images per class: 4760 or 4768, that is 11.7 to 12.5 each.
  const often = exposures(sampler, 3979, 12);
  expect([Math.min(...often), Math.max(...often)]).toEqual([11, 13]);
  let first = 0;
  for (const size of sizes) {
    const ofClass = often.slice(first, first + size);
    expect(Math.max(...ofClass) - Math.min(...ofClass)).toBeLessThanOrEqual(1);
    first += size;
  }
});

test('classes of any size are drawn equally often to within one, and their images too', () => {
  const sizes = [1, 3, 5, 20, 37, 61];
  const labels = labelsOf(sizes);
  const sampler = classUniformSampler({ labels, batchSize: 16, perClass: 4, random: createRandom(2) });
  const seen = exposures(sampler, labels.length, 9);
  const perClass = sizes.map((_, label) =>
    seen.reduce((sum, count, image) => sum + (labels[image] === label ? count : 0), 0),
  );
  // 9 epochs of floor(127 / 16) = 7 batches of 4 classes: 252 draws over 6 classes, 42 each, 4 images a draw.
  expect(perClass).toEqual([168, 168, 168, 168, 168, 168]);
  sizes.forEach((_, label) => {
    const ofClass = seen.filter((__, image) => labels[image] === label);
    expect(Math.max(...ofClass) - Math.min(...ofClass)).toBeLessThanOrEqual(1);
  });
});

test('an epoch is the same whether or not those before it were asked for', () => {
  const options = { labels: labelsOf([7, 11, 13, 9]), batchSize: 8, perClass: 4, random: createRandom(3) };
  const whole = classUniformSampler(options);
  const epochs = [0, 1, 2, 3].map((epoch) => whole.batches(createRandom(epoch), epoch));
  const resumed = classUniformSampler(options);
  expect(resumed.batches(createRandom(3), 3)).toEqual(epochs[3]);
  expect(resumed.batches(createRandom(1), 1)).toEqual(epochs[1]);
  expect(new Set(epochs.map((batches) => batches.join(';'))).size).toBe(4);
});

test('without a stream of the run, an epoch alone shows every image of a class once before any twice', () => {
  const labels = labelsOf([40, 40, 40]);
  const sampler = classUniformSampler({ labels, batchSize: 8, perClass: 4 });
  // 15 batches of 2 classes: 30 draws, 10 of each class, 4 images each.
  const seen = sampler.batches(createRandom(1)).flatMap((batch) => [...batch]);
  expect([...seen].sort((a, b) => a - b)).toEqual([...labels.keys()]);
});

test('superclasses that are the labels give the same batches as classes', () => {
  const labels = labelsOf([12, 20, 16, 8, 9]);
  const byClass = classUniformSampler({ labels, batchSize: 16, perClass: 4 });
  const bySuperclass = superclassUniformSampler({ superclasses: labels, batchSize: 16, perClass: 4 });
  expect([byClass.name, bySuperclass.name]).toEqual(['cur', 'sur']);
  expect(bySuperclass.batches(createRandom(1))).toEqual(byClass.batches(createRandom(1)));
});

// batch size, classes → k: 4 where the classes suffice, else the next divisor; below 8 images what is possible, 2 at least.
test.each([
  [64, 100, 4],
  [64, 10, 8],
  [128, 10, 16],
  [32, 10, 4],
  [100, 10, 10],
  [60, 10, 6],
  [64, 2, 32],
  [6, 3, 3],
  [4, 3, 2],
  [10, 3, 5],
  [14, 3, 7],
])('auto splits a batch of %d over %d classes into classes of %d', (batchSize, classes, perClass) => {
  const labels = labelsOf(Array.from({ length: classes }, () => 40));
  const sampler = classUniformSampler({ labels, batchSize, perClass: 'auto' });
  const [batch = new Int32Array()] = sampler.batches(createRandom(1));
  expect(new Set(countsOf(batch, labels).values())).toEqual(new Set([perClass]));
});

test.each([
  [
    4,
    64,
    10,
    /perClass\): expected a divisor of the batch size 64 that leaves 2 to 10 .*got 4, i\.e\. 16 .*'auto' or one of 8, 16, 32/,
  ],
  [5, 64, 100, /perClass\): expected a divisor of the batch size 64 .*got 5/],
  [
    'auto',
    67,
    10,
    /perClass\): expected a batch size that splits into 2 to 10 .*at least 2 images, got batch size 67.*multiple of 4/,
  ],
  // One image of each of seven classes would leave no pair of one class.
  [
    'auto',
    7,
    10,
    /perClass\): expected a batch size that splits into 2 to 10 .*at least 2 images, got batch size 7/,
  ],
  ['auto', 8, 1, /perClass\): expected at least 2 \(super\)classes, got 1\. Use the sampler 'uniform'\./],
  [8, 8, 1, /perClass\): expected at least 2 \(super\)classes, got 1\./],
  [1.5, 6, 10, /perClass\): expected one of "auto", or a whole number, at least 1, got 1\.5/],
  [-4, 8, 10, /perClass\): expected one of "auto", or a whole number, at least 1, got -4/],
  [4, 8.5, 10, /batchSize: expected a whole number, at least 1, got 8\.5/],
  ['auto', -8, 10, /batchSize: expected a whole number, at least 1, got -8/],
  [4, 4000, 1000, /batchSize: expected at most the number of training images \(3000\), got 4000/],
] as const)(
  'perClass %s with a batch of %d over %d classes is refused',
  (perClass, batchSize, classes, message) => {
    const labels = labelsOf(Array.from({ length: classes }, () => 3));
    expect(() => classUniformSampler({ labels, batchSize, perClass })).toThrow(message);
  },
);
