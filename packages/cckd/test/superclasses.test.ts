import { createRandom } from '@distilljs/core';
import { expect, test } from 'vitest';
import { clusterSuperclasses } from '../src/index.js';
import type { ClusterOptions } from '../src/index.js';
import { spreadCentres } from '../src/superclasses.js';
import { golden } from './golden.js';

const { points, initIndices, assignment, finalInertia } = golden.kmeans;
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

/** Sum of squared distances of the points to the mean of their cluster. */
function inertiaOf(rows: readonly (readonly number[])[], clusters: Int32Array): number {
  return rows.reduce((sum, row, index) => {
    const members = rows.filter((_, other) => clusters[other] === clusters[index]);
    const squares = row.map((value, axis) => {
      const mean = members.reduce((total, member) => total + (member[axis] ?? 0), 0) / members.length;
      return (value - mean) ** 2;
    });
    return sum + squares.reduce((total, square) => total + square, 0);
  }, 0);
}

test('the clusters of the seven points have the inertia of the golden file', () => {
  const found = clusterSuperclasses(points, {
    clusters: 3,
    random: createRandom(1),
    normalize: false,
    centres,
  });
  expect(inertiaOf(points, found)).toBeCloseTo(finalInertia, 12);
});

test('more rounds never leave more inertia, and the first ones less', () => {
  const random = createRandom(6);
  const rows = Array.from({ length: 200 }, () => [random.normal(), random.normal()]);
  const after = [1, 2, 3, 5, 8, 25].map((maxRounds) =>
    inertiaOf(
      rows,
      clusterSuperclasses(rows, { clusters: 5, random: createRandom(2), normalize: false, maxRounds }),
    ),
  );
  after.slice(1).forEach((inertia, index) => {
    expect(inertia).toBeLessThanOrEqual((after[index] ?? 0) + 1e-9);
  });
  expect(after.at(-1)).toBeLessThan(0.99 * (after[0] ?? 0));
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

const twoRows = [
  [1, 0],
  [0, 1],
];
test.each<[string, readonly number[][], Partial<ClusterOptions>, RegExp]>([
  ['no cluster', twoRows, { clusters: 0 }, /\(clusters\): expected a whole number, at least 1, got 0/],
  ['half a cluster', twoRows, { clusters: 1.5 }, /\(clusters\): expected a whole number, .* got 1\.5/],
  ['no round', twoRows, { maxRounds: 0 }, /\(maxRounds\): expected a whole number, at least 1, got 0/],
  [
    'NaN',
    [
      [1, 0],
      [0, NaN],
    ],
    {},
    /\(features\): expected finite numbers, got NaN in row 1/,
  ],
  ['ragged rows', [[1, 0], [1]], {}, /\(features\): expected rows of one width, 2, got 1 values in row 1/],
  ['too few centres', twoRows, { centres: [[1, 0]] }, /\(centres\): expected a whole number, .*2.*, got 1/],
  ['other centres', twoRows, { centres: [[1], [0]] }, /\(centres\): expected rows of one width, 2, got 1/],
])('%s is refused', (_what, rows, options, message) => {
  expect(() => clusterSuperclasses(rows, { clusters: 2, random: createRandom(1), ...options })).toThrow(
    message,
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
