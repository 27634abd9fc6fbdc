import { createRandom } from '@distilljs/core';
import { kmeansGenerator } from 'ml-kmeans';
import { expect, test } from 'vitest';
import { clusterSuperclasses } from '../src/index.js';
import { spreadCentres } from '../src/sampler/spread-centres.js';
import { golden } from './golden.js';

const { points, initIndices, assignment, inertiaPerIteration } = golden.kmeans;
const centres = initIndices.map((index) => points[index] ?? []);

test('seven points from three given centres end up as in the golden file', () => {
  const found = clusterSuperclasses(points, {
    clusters: 3,
    random: createRandom(1),
    normalize: false,
    centres,
  });
  expect([...found]).toEqual(assignment);
});

test('inertia falls from 0.17 to 0.1166667 and never rises', () => {
  let before = centres;
  const inertia = [...kmeansGenerator(points, 3, { initialization: centres })].map(
    ({ clusters, centroids }) => {
      const against = before;
      before = centroids;
      return points.reduce((sum, point, index) => {
        const centre = against[clusters[index] ?? 0] ?? [];
        return sum + point.reduce((square, value, axis) => square + (value - (centre[axis] ?? 0)) ** 2, 0);
      }, 0);
    },
  );
  inertiaPerIteration.forEach((expected, index) => {
    expect(inertia[index]).toBeCloseTo(expected, 12);
  });
});

/** `perBlob` points around each axis of a `blobs`-dimensional space, at random lengths. */
function blobs(count: number, perBlob: number, seed: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: count * perBlob }, (_, index) => {
    const length = 0.5 + 10 * random.uniform();
    return Array.from(
      { length: count },
      (_unused, axis) => length * ((axis === index % count ? 1 : 0) + 0.1 * random.normal()),
    );
  });
}

test('directions are found whatever the lengths, from a seed', () => {
  const rows = blobs(6, 30, 4);
  const found = clusterSuperclasses(rows, { clusters: 6, random: createRandom(2) });
  expect(new Set(found).size).toBe(6);
  found.forEach((cluster, index) => {
    expect(cluster).toBe(found[index % 6]);
  });
  expect(clusterSuperclasses(rows, { clusters: 6, random: createRandom(2) })).toEqual(found);
});

test('fewer distinct rows than clusters give fewer clusters, numbered without gaps', () => {
  const rows = [
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 1],
    [1, 0],
  ];
  const found = clusterSuperclasses(rows, { clusters: 4, random: createRandom(1) });
  expect(new Set(found)).toEqual(new Set([0, 1]));
  expect(found[0]).toBe(found[1]);
  expect(found[0]).not.toBe(found[2]);
});

test('an empty cluster is dropped', () => {
  const far = [...centres, [50, 50]];
  const found = clusterSuperclasses(points, {
    clusters: 4,
    random: createRandom(1),
    normalize: false,
    centres: far,
  });
  expect([...found]).toEqual(assignment);
});

test('zero rows do not break it', () => {
  const found = clusterSuperclasses(
    [
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 1],
    ],
    { clusters: 3, random: createRandom(1) },
  );
  expect(new Set(found).size).toBe(3);
});

test('more clusters than images are refused', () => {
  expect(() => clusterSuperclasses(points, { clusters: 8, random: createRandom(1) })).toThrow(
    /clusterSuperclasses\(clusters\): expected at most one cluster per image, 7, got 8/,
  );
});

test('first centres are distinct rows, drawn in proportion to squared distance', () => {
  // From 0, the rows 1 and 3 have squared distances 1 and 9: the second centre is 3 in 9 of 10 draws.
  const rows = [[0], [1], [3]];
  let far = 0;
  let draws = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const [first, second] = spreadCentres(rows, 2, createRandom(seed));
    if (first?.[0] !== 0) continue;
    draws++;
    if (second?.[0] === 3) far++;
  }
  expect(draws).toBeGreaterThan(900);
  expect(Math.abs(far / draws - 0.9)).toBeLessThan(0.03);
});
