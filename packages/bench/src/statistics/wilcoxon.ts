import jstat from 'jstat';

/** Beyond as many differences the normal approximation is used. */
const MOST_EXACT = 50;

/**
 * Two-sided p of Wilcoxon's signed-rank test: how often ranks of the differences' sizes would fall as unevenly on both signs if
 * every sign were a coin's. Zero differences are left out, and equal sizes share their mean rank. Exact, ties included, for at most
 * 50 differences; beyond, the normal approximation with the variance of the ranks as they are.
 *
 * Written here because the packages that have it bring hundreds of others.
 *
 * @returns null with fewer than two differences that are not 0: nothing could come out but p = 1
 * @see Wilcoxon 1945, "Individual comparisons by ranking methods"
 */
export function wilcoxonP(differences: readonly number[]): number | null {
  const different = differences.filter((difference) => difference !== 0);
  if (different.length < 2) return null;
  // Twice the ranks, which are whole numbers then: shared ones end in a half.
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
  // Ways to choose signs, by the sum of the positive ranks.
  const ways = new Float64Array(all + 1);
  ways[0] = 1;
  for (const rank of ranks)
    for (let sum = all; sum >= rank; sum--) ways[sum] = (ways[sum] ?? 0) + (ways[sum - rank] ?? 0);
  let fewer = 0;
  for (let sum = 0; sum <= smaller; sum++) fewer += ways[sum] ?? 0;
  return Math.min(1, (2 * fewer) / 2 ** different.length);
}

/** Ranks from 1 for the largest; equal values share the mean of theirs. */
export function meanRanks(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const larger = values.filter((other) => other > value).length;
    const equal = values.filter((other) => other === value).length;
    return larger + (equal + 1) / 2;
  });
}
