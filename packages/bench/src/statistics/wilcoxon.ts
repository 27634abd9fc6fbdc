import jstat from 'jstat';

/** Above this many differences the normal approximation is used. */
const MOST_EXACT = 50;

/**
 * Two-sided p-value of Wilcoxon's signed-rank test: how often the ranks would be split at least as unevenly between the signs if every
 * sign were a coin toss. Zero differences are left out, and equal sizes share their mean rank. Exact, ties included, for at most 50
 * differences; above that, the normal approximation with the variance of the actual ranks.
 *
 * Written here because the packages that have it bring hundreds of others.
 *
 * @returns null with fewer than two differences that are not 0: p would always be 1
 * @see Wilcoxon 1945, "Individual comparisons by ranking methods"
 */
export function wilcoxonP(differences: readonly number[]): number | null {
  const different = differences.filter((difference) => difference !== 0);
  if (different.length < 2) return null;
  // Doubled, so that shared ranks, which end in a half, become integers.
  const ranks = meanRanks(different.map((difference) => -Math.abs(difference))).map((rank) =>
    Math.round(2 * rank),
  );
  const all = ranks.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, at) => sum + ((different[at] ?? 0) > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, all - positive);
  if (different.length > MOST_EXACT) {
    const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2;
    return 2 * jstat.jStat.normal.cdf((smaller - all / 2) / deviation, 0, 1);
  }
  // Number of sign patterns by the sum of their positive ranks.
  const ways = new Float64Array(all + 1);
  ways[0] = 1;
  for (const rank of ranks)
    for (let sum = all; sum >= rank; sum--) ways[sum] = (ways[sum] ?? 0) + (ways[sum - rank] ?? 0);
  let fewer = 0;
  for (let sum = 0; sum <= smaller; sum++) fewer += ways[sum] ?? 0;
  return Math.min(1, (2 * fewer) / 2 ** different.length);
}

/** Ranks from 1 for the largest; equal values share their mean rank. */
export function meanRanks(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const larger = values.filter((other) => other > value).length;
    const equal = values.filter((other) => other === value).length;
    return larger + (equal + 1) / 2;
  });
}
