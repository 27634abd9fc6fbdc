import studentT from '@stdlib/stats-base-dists-t';
import { summarize } from './summary.js';
import type { Interval } from './summary.js';

/** At or below this deviation, all differences count as equal: accuracies are counts over at most millions of images. */
const EQUAL = 1e-12;

/** How one method differs from another over their common seeds. */
export interface PairedComparison {
  /** The common seeds, ascending. */
  readonly seeds: readonly number[];
  /** Mean of the differences, first minus second. */
  readonly mean: number;
  /** 95 % confidence interval of that mean; null where `p` is. */
  readonly ci95: Interval | null;
  /**
   * Two-sided p-value of the paired t-test: how often so large a mean difference would occur if the two were equally good.
   * Null for a single seed, and where all differences are equal (the test divides by their deviation).
   */
  readonly p: number | null;
}

/**
 * Paired comparison over common seeds. A seed gives both methods the same initial weights and batches, so effects that they
 * share cancel in the differences `d`: `t = mean(d) · √n / sd(d)` with `n − 1` degrees of freedom.
 *
 * @param first measurement by seed
 * @param second measurement by seed
 * @returns null when they have no seed in common
 */
export function comparePaired(
  first: ReadonlyMap<number, number>,
  second: ReadonlyMap<number, number>,
): PairedComparison | null {
  const seeds = [...first.keys()].filter((seed) => second.has(seed)).sort((a, b) => a - b);
  if (seeds.length === 0) return null;
  const differences = seeds.map((seed) => (first.get(seed) ?? 0) - (second.get(seed) ?? 0));
  const { n, mean, sd, ci95 } = summarize(differences);
  if (sd === null || sd <= EQUAL) return { seeds, mean, ci95: null, p: null };
  const t = (mean * Math.sqrt(n)) / sd;
  return { seeds, mean, ci95, p: 2 * studentT.cdf(-Math.abs(t), n - 1) };
}
