import { DistillError, expectOption, wholeNumber } from '@distilljs/core';
import type { Random } from '@distilljs/core';
import { expectRows } from './evaluation/unit-table.js';
import { settledClusters, spreadCentres } from './k-means.js';

/** Options of {@link clusterSuperclasses}. */
export interface ClusterOptions {
  /** Number of clusters M to start with; the paper uses 1000 for the 1041 identities of MSMT17. */
  readonly clusters: number;
  /** Decides the first centres. */
  readonly random: Random;
  /** Whether rows are scaled to unit length first. Default true. */
  readonly normalize?: boolean | undefined;
  /** First centres, `[M][d]`, instead of those of k-means++. */
  readonly centres?: readonly (readonly number[])[] | undefined;
  /** Most rounds of Lloyd's algorithm. Default 25. */
  readonly maxRounds?: number | undefined;
}

/**
 * Superclasses for SUR: k-means over the teacher's features of the training set, `superclass_i = argmin_m ‖x_i − c_m‖`.
 *
 * @param features one row per image, `[size][d]`
 * @returns cluster per image, numbered 0, 1, … without gaps, `[size]`; fewer than M clusters when some end up empty or
 *   there are fewer distinct rows
 * @throws DistillError code `option` when there are fewer rows than clusters, or for a number that is not whole; `shape` and
 *   `numeric` for rows of several widths, NaN and Infinity
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.5
 *
 * Certainty: the paper gives M and no other setting. Decided here: unit rows, k-means++ from a seed, Lloyd's algorithm
 * until no centre moves by more than 1e-3 or 25 rounds are done, empty clusters dropped.
 */
export function clusterSuperclasses(
  features: readonly ArrayLike<number>[],
  options: ClusterOptions,
): Int32Array {
  const { clusters: count, centres: given, maxRounds = 25 } = options;
  expectOption('clusterSuperclasses(clusters)', count, wholeNumber({ min: 1 }));
  expectOption('clusterSuperclasses(maxRounds)', maxRounds, wholeNumber({ min: 1 }));
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
    expectOption('clusterSuperclasses(centres)', given.length, wholeNumber({ min: count, max: count }));
    expectRows('clusterSuperclasses(centres)', given, width);
  }
  const rows = features.map((row) => (options.normalize === false ? Array.from(row) : unitRow(row)));
  const centres = given?.map((centre) => [...centre]) ?? spreadCentres(rows, count, options.random);
  return withoutGaps(settledClusters(rows, centres, maxRounds));
}

function unitRow(row: ArrayLike<number>): number[] {
  let squaredLength = 0;
  for (let axis = 0; axis < row.length; axis++) squaredLength += (row[axis] ?? 0) ** 2;
  const scale = squaredLength > 0 ? 1 / Math.sqrt(squaredLength) : 0;
  return Array.from(row, (component) => component * scale);
}

/** Renumbers to 0, 1, … in ascending order, so that empty clusters are gone. */
function withoutGaps(clusters: Int32Array): Int32Array {
  const used = [...new Set(clusters)].sort((a, b) => a - b);
  const renumbered = new Map(used.map((cluster, position) => [cluster, position]));
  return Int32Array.from(clusters, (cluster) => renumbered.get(cluster) ?? 0);
}
