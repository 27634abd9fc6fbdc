import type { Random } from '@distilljs/core';

/**
 * First centres for k-means by k-means++: the first row at random, each further one with a probability in proportion to
 * its squared distance to the nearest centre so far.
 *
 * @param rows `[size][d]`
 * @param count of centres wanted
 * @param random decides the draw
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

/** Squared distance by which a centre may still move once the clusters count as settled. */
const TOLERANCE = 1e-6;

/**
 * Lloyd's algorithm: each row joins its nearest centre, each centre moves to the mean of its rows, until no centre moves
 * by more than 1e-3 or `maxRounds` are done. A centre without rows stays where it is. Of equally near centres the first wins.
 *
 * Own code, because ml-kmeans brings a matrix library of a megabyte for ways to choose centres that are not used here.
 *
 * @param rows `[size][d]`
 * @param first centres to begin with, `[M][d]`
 * @param maxRounds 1 or more
 * @returns the position of each row's centre, `[size]`
 * @see Lloyd, Least Squares Quantization in PCM, IEEE Transactions on Information Theory 28(2), 1982
 */
export function settledClusters(
  rows: readonly number[][],
  first: readonly number[][],
  maxRounds: number,
): Int32Array {
  const clusters = new Int32Array(rows.length);
  let centres = first;
  for (let round = 0; round < maxRounds; round++) {
    for (const [position, row] of rows.entries()) clusters[position] = nearestCentre(row, centres);
    const moved = meansOf(rows, clusters, centres);
    const settled = moved.every((centre, at) => squaredDistance(centre, centres[at] ?? centre) <= TOLERANCE);
    centres = moved;
    if (settled) break;
  }
  return clusters;
}

function nearestCentre(row: readonly number[], centres: readonly (readonly number[])[]): number {
  let nearest = 0;
  let least = Infinity;
  for (const [position, centre] of centres.entries()) {
    const distance = squaredDistance(row, centre);
    if (distance < least) {
      least = distance;
      nearest = position;
    }
  }
  return nearest;
}

/** The mean of each cluster's rows; where it has none, the centre as it was. */
function meansOf(
  rows: readonly (readonly number[])[],
  clusters: Int32Array,
  before: readonly number[][],
): number[][] {
  const sums = before.map((centre) => centre.map(() => 0));
  const sizes = before.map(() => 0);
  for (const [position, row] of rows.entries()) {
    const cluster = clusters[position] ?? 0;
    const sum = sums[cluster] ?? [];
    sizes[cluster] = (sizes[cluster] ?? 0) + 1;
    for (let axis = 0; axis < row.length; axis++) sum[axis] = (sum[axis] ?? 0) + (row[axis] ?? 0);
  }
  return sums.map((sum, cluster) => {
    const size = sizes[cluster] ?? 0;
    return size > 0 ? sum.map((total) => total / size) : (before[cluster] ?? []);
  });
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) {
    const gap = (a[axis] ?? 0) - (b[axis] ?? 0);
    sum += gap * gap;
  }
  return sum;
}
