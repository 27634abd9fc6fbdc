import * as tf from '@tensorflow/tfjs-core';
import type { FlatEmbeddings } from '@distilljs/cckd';
import { DistillError } from '@distilljs/core';
import type { Random } from '@distilljs/core';

/** A test of whether two samples come from one distribution. */
export interface TwoSampleDistance {
  /** Unbiased MMD²: about 0 for samples of one distribution, possibly negative; at most 2. */
  readonly squared: number;
  /** p-value of the permutation test: the share of random splits of all rows with at least this MMD². */
  readonly p: number;
  /** σ of the kernel: the median distance between rows. */
  readonly bandwidth: number;
}

const PERMUTATIONS = 200;

/**
 * Maximum mean discrepancy of two samples with the kernel `k(a, b) = exp(−‖a − b‖² / 2σ²)`, σ the median distance of all rows:
 * `MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean_{ij} k(xᵢ, yⱼ)`. The samples must be independent: use
 * different images for each.
 *
 * @param x rows of width d, at least two
 * @param y the same
 * @throws DistillError code `shape` for unequal widths, or fewer than two rows
 * @see Gretton, Borgwardt, Rasch, Schölkopf, Smola, A Kernel Two-Sample Test, JMLR 13, 2012, Eq. 3 and section 8 (median heuristic)
 */
export async function maximumMeanDiscrepancy(
  x: FlatEmbeddings,
  y: FlatEmbeddings,
  random: Random,
): Promise<TwoSampleDistance> {
  const [n, m] = [x.data.length / x.width, y.data.length / y.width];
  if (x.width !== y.width || n < 2 || m < 2)
    throw new DistillError({
      code: 'shape',
      where: 'maximumMeanDiscrepancy',
      expected: 'two samples of at least two rows, equally wide',
      got: `${n} of ${x.width} numbers and ${m} of ${y.width}`,
    });
  const squares = await squaredDistances(x, y);
  const size = n + m;
  const all: number[] = [];
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) all.push(squares[i * size + j] ?? 0);
  const bandwidth = median(all.map(Math.sqrt));
  const kernel = squares.map((squared) => (bandwidth === 0 ? 1 : Math.exp(-squared / (2 * bandwidth ** 2))));
  const given = Int32Array.from({ length: size }, (_, at) => at);
  const squared = discrepancy(kernel, given, n);
  let further = 0;
  for (let trial = 0; trial < PERMUTATIONS; trial++)
    if (discrepancy(kernel, random.permutation(size), n) >= squared) further++;
  return { squared, p: (1 + further) / (1 + PERMUTATIONS), bandwidth };
}

/** `‖zᵢ − zⱼ‖²` of all rows, those of `x` first, row by row. */
async function squaredDistances(x: FlatEmbeddings, y: FlatEmbeddings): Promise<Float64Array> {
  const rows = new Float32Array(x.data.length + y.data.length);
  rows.set(x.data);
  rows.set(y.data, x.data.length);
  const size = rows.length / x.width;
  const gram = tf.tidy(() => {
    const all = tf.tensor2d(rows, [size, x.width]);
    // Products of centred rows are small, and lose fewer digits.
    const centred = tf.sub(all, tf.mean(all, 0));
    return tf.matMul(centred, centred, false, true);
  });
  const products = await gram.data();
  gram.dispose();
  const at = (i: number, j: number): number => products[i * size + j] ?? 0;
  return Float64Array.from({ length: size * size }, (_, place) => {
    const [i, j] = [Math.floor(place / size), place % size];
    return Math.max(0, at(i, i) + at(j, j) - 2 * at(i, j));
  });
}

/** MMD² of the first `n` rows in this order against the others. */
function discrepancy(kernel: Float64Array, order: Int32Array, n: number): number {
  const size = order.length;
  const m = size - n;
  let [within, without, across] = [0, 0, 0];
  for (let a = 0; a < size; a++) {
    const row = (order[a] ?? 0) * size;
    for (let b = 0; b < a; b++) {
      const value = kernel[row + (order[b] ?? 0)] ?? 0;
      if (a < n) within += value;
      else if (b < n) across += value;
      else without += value;
    }
  }
  return (2 * within) / (n * (n - 1)) + (2 * without) / (m * (m - 1)) - (2 * across) / (n * m);
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
