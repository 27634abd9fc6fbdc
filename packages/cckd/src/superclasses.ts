import {
  DistillError,
  expectOption,
  expectRandom,
  flag,
  objectWith,
  optional,
  wholeNumber,
} from '@distilljs/core';
import type { Random } from '@distilljs/core';
import { kmeans } from 'ml-kmeans';
import { aRow, expectEach, expectRows } from './evaluation/unit-table.js';

/** Options of {@link clusterSuperclasses}. */
export interface ClusterOptions {
  /** Number of clusters M to start with, at least 1; the paper uses 1000 for the 1041 identities of MSMT17. */
  readonly clusters: number;
  /** Source of the initial centres; not read where {@link centres} are given. */
  readonly random: Random;
  /** Whether rows are scaled to unit length first. Default true. */
  readonly normalize?: boolean | undefined;
  /** Initial centres, `[M][d]`, instead of those of k-means++. */
  readonly centres?: readonly (readonly number[])[] | undefined;
  /** Largest number of iterations of Lloyd's algorithm, at least 1. Default 25. */
  readonly maxRounds?: number | undefined;
}

/**
 * Superclasses for SUR: k-means over the teacher's features of the training set, `superclass_i = argmin_m ‖x_i − c_m‖`.
 *
 * @param features one row per image, `[size][d]`
 * @returns cluster per image, numbered 0, 1, … without gaps, `[size]`; fewer than M clusters when some end up empty or
 *   there are fewer distinct rows
 * @throws DistillError code `option` when there are fewer rows than clusters, or for wrong options; `shape` for rows of
 *   different widths, `numeric` for NaN and Infinity
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5
 *
 * Certainty: the paper gives M and no other setting. Our choices: unit rows, seeded k-means++, Lloyd's algorithm until
 * no centre moves by more than 1e-3 or 25 iterations are done, empty clusters dropped.
 */
export function clusterSuperclasses(
  features: readonly ArrayLike<number>[],
  options: ClusterOptions,
): Int32Array {
  expectEach('clusterSuperclasses(features)', features, aRow);
  expectOption('clusterSuperclasses(options)', options, objectWith('clusters'));
  const { clusters: count, centres: given, maxRounds = 25 } = options;
  expectOption('clusterSuperclasses(clusters)', count, wholeNumber({ min: 1 }));
  expectOption('clusterSuperclasses(maxRounds)', maxRounds, wholeNumber({ min: 1 }));
  expectOption('clusterSuperclasses(normalize)', options.normalize, optional(flag));
  if (given === undefined) expectRandom('clusterSuperclasses(random)', options.random);
  if (count > features.length) {
    throw new DistillError({
      code: 'option',
      where: 'clusterSuperclasses(clusters)',
      expected: `at most one cluster per image, ${features.length}`,
      got: `${count}`,
      hint: 'Ask for fewer superclasses.',
    });
  }
  const width = features[0]?.length ?? 0;
  expectRows('clusterSuperclasses(features)', features, width);
  if (given !== undefined) {
    expectEach('clusterSuperclasses(centres)', given, aRow);
    expectOption('clusterSuperclasses(centres)', given.length, wholeNumber({ min: count, max: count }));
    expectRows('clusterSuperclasses(centres)', given, width);
  }
  const rows = features.map((row) => (options.normalize === false ? Array.from(row) : unitRow(row)));
  const centres = given?.map((centre) => [...centre]) ?? spreadCentres(rows, count, options.random);
  const { clusters } = kmeans(rows, centres.length, {
    initialization: centres,
    maxIterations: maxRounds,
  });
  return withoutGaps(clusters);
}

function unitRow(row: ArrayLike<number>): number[] {
  let squaredLength = 0;
  for (let axis = 0; axis < row.length; axis++) squaredLength += (row[axis] ?? 0) ** 2;
  const scale = squaredLength > 0 ? 1 / Math.sqrt(squaredLength) : 0;
  return Array.from(row, (component) => component * scale);
}

/** Renumbers the clusters to 0, 1, … in ascending order, without the empty ones. */
function withoutGaps(clusters: readonly number[]): Int32Array {
  const used = [...new Set(clusters)].sort((a, b) => a - b);
  const renumbered = new Map(used.map((cluster, position) => [cluster, position]));
  return Int32Array.from(clusters, (cluster) => renumbered.get(cluster) ?? 0);
}

/**
 * Initial centres for k-means by k-means++: the first row at random, each further row with a probability proportional
 * to its squared distance to the nearest centre so far.
 *
 * ml-kmeans can seed this way too, but takes 13 to 46 times as long (17 s against 1.4 s for 20,000 rows of width 64 and
 * 50 centres), and uses its own random generator.
 *
 * @param rows `[size][d]`
 * @param count number of centres
 * @param random source of the draws
 * @returns `[count][d]`; fewer when `rows` has fewer distinct ones
 * @see Arthur and Vassilvitskii, k-means++: The Advantages of Careful Seeding, SODA 2007
 */
export function spreadCentres(rows: readonly number[][], count: number, random: Random): number[][] {
  const nearest = new Float64Array(rows.length).fill(Infinity);
  const centres: number[][] = [];
  let chosen = rows[random.integer(rows.length)];
  while (chosen !== undefined && centres.length < count) {
    centres.push(chosen);
    let total = 0;
    for (const [position, row] of rows.entries()) {
      const distance = Math.min(nearest[position] ?? 0, squaredDistance(row, chosen));
      nearest[position] = distance;
      total += distance;
    }
    chosen = total > 0 ? rows[positionAt(nearest, random.uniform() * total)] : undefined;
  }
  return centres;
}

/** The first position whose running sum of weights exceeds `target`; never one of weight 0. */
function positionAt(weights: Float64Array, target: number): number {
  let sum = 0;
  let last = 0;
  for (const [position, weight] of weights.entries()) {
    if (weight === 0) continue;
    sum += weight;
    last = position;
    if (sum > target) break;
  }
  return last;
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) {
    const gap = (a[axis] ?? 0) - (b[axis] ?? 0);
    sum += gap * gap;
  }
  return sum;
}
