import studentT from '@stdlib/stats-base-dists-t';
// Node cannot detect named exports of this CommonJS module.
import jstat from 'jstat';

/** Level of the two-sided paired t-test, and the power asked for. */
const LEVEL = 0.05;
const POWER = 0.8;
/** More seeds than anybody trains. */
const MOST_SEEDS = 100_000;

/**
 * How often a two-sided paired t-test at level 0.05 finds a true difference: `P(|T| > t(0.975, n − 1))` for T of the noncentral
 * t distribution with n − 1 degrees of freedom and noncentrality `difference · √n / sd`.
 *
 * @param sd deviation of the differences over seeds, above 0
 * @param seeds at least 2
 */
export function powerOf(difference: number, sd: number, seeds: number): number {
  const freedom = seeds - 1;
  const bound = studentT.quantile(1 - LEVEL / 2, freedom);
  const noncentrality = (Math.abs(difference) * Math.sqrt(seeds)) / sd;
  // Beyond this the library's series underflows, and the power is 1.
  if (noncentrality > 35 + bound) return 1;
  const below = (t: number): number => jstat.jStat.noncentralt.cdf(t, freedom, noncentrality);
  return 1 - below(bound) + below(-bound);
}

/** The smallest true difference that the test finds with power 0.8. */
export function detectableDifference(sd: number, seeds: number): number {
  if (sd === 0) return 0;
  // The power depends on difference / sd, and grows with it.
  let [low, high] = [0, 1];
  while (powerOf(high, 1, seeds) < POWER) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (powerOf(middle, 1, seeds) < POWER) low = middle;
    else high = middle;
  }
  return high * sd;
}

/** The fewest seeds, at least 2, with which the test finds a true difference with power 0.8. */
export function seedsFor(difference: number, sd: number): number {
  let [low, high] = [1, 2];
  while (high < MOST_SEEDS && powerOf(difference, sd, high) < POWER) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (powerOf(difference, sd, middle) < POWER) low = middle;
    else high = middle;
  }
  return high;
}
