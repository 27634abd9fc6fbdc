import type { PairedComparison } from '../statistics/index.js';
import { listed, percent, points, probability } from './format.js';
import { between, pickedDifference } from './ranking.js';
import type { RankedMethod, Ranking } from './ranking.js';

/** A difference counts as more than chance below this p. */
export const SIGNIFICANT = 0.05;

const EXPLAINED = 'more than the chance of the seeds explains';
const NO_MORE = 'no more than the chance of the seeds may give';
const ONE_SEED = 'one seed does not tell whether that is more than chance';

/** Who came out first. */
export function headline({ first }: Ranking): string {
  const [best] = first;
  if (best === undefined) return 'There is nothing to rank yet.';
  const { accuracies, mean } = best;
  const over = accuracies.size === 1 ? 'with its one seed' : `on average over ${accuracies.size} seeds`;
  const rightly = `${percent(mean)} % of the test images rightly ${over}`;
  // The order of the configuration decides nothing.
  return first.length === 1
    ? `${best.method} comes out first: it classifies ${rightly}.`
    : `${listed(first.map(({ method }) => method))} share the first place: each classifies ${rightly}.`;
}

/** Whether the first is more than chance above the baseline, and above the next. A sentence each. */
export function verdicts(ranking: Ranking): readonly string[] {
  const { first, next } = ranking;
  const [best] = first;
  if (best === undefined) return [];
  const baseline = baselineOf(ranking);
  if (first.length > 1) return sharedPlace(best, baseline);
  if (next.length === 0) return ['It is the only one to rank.'];
  if (best.accuracies.size === 1) return oneSeed(best, baseline, ranking);
  return [
    ...(baseline === undefined ? [] : [difference(best, baseline, ranking)]),
    ...(comesNext(baseline, ranking) ? [] : [lead(best, ranking)]),
  ];
}

/** `kd`; the student alone where there is no kd, or where kd itself is first. */
function baselineOf({ methods, first }: Ranking): RankedMethod | undefined {
  const others = methods.filter((method) => !first.includes(method));
  return others.find(({ method }) => method === 'kd') ?? others.find(({ method }) => method === 'student');
}

function sharedPlace(best: RankedMethod, baseline: RankedMethod | undefined): readonly string[] {
  const open = 'Their means are the same: nothing here tells which is better.';
  if (baseline === undefined) return [open];
  const size = points(best.mean - baseline.mean);
  return [open, `Their difference to ${nameOf(baseline)} is ${size} points; the table has the test of each.`];
}

function oneSeed(
  best: RankedMethod,
  baseline: RankedMethod | undefined,
  ranking: Ranking,
): readonly string[] {
  const sizes = [
    ...(baseline === undefined
      ? []
      : [`difference to ${toBaseline(baseline, ranking)} is ${points(best.mean - baseline.mean)} points`]),
    ...(comesNext(baseline, ranking)
      ? []
      : [`lead over ${nextWords(ranking.next)} is ${leadPoints(best, ranking.next)} points`]),
  ];
  return [`Its ${sizes.join(', its ')}; ${ONE_SEED}.`];
}

/** The verdict is of the corrected p: whoever is first was picked for it, and the luckiest of many looks good. */
function difference(best: RankedMethod, baseline: RankedMethod, ranking: Ranking): string {
  const { correctedP, tests, ...comparison } = pickedDifference(best, baseline, ranking);
  const size = `Its difference to ${toBaseline(baseline, ranking)} is ${points(comparison.mean)} points`;
  if (comparison.p === null || correctedP === null) return `${size} ${alike(comparison)}.`;
  const correction =
    tests === 1 ? '' : `; ${pWords(correctedP)} when corrected for being picked out of ${tests} such tests`;
  const verdict =
    correctedP < SIGNIFICANT
      ? EXPLAINED
      : comparison.p < SIGNIFICANT
        ? `the luckiest of ${tests} may look like that by the chance of the seeds alone`
        : NO_MORE;
  return `${size} (${intervalWords(comparison)}${correction}): ${verdict}.`;
}

/**
 * The first against the next. This test needs no correction for who was picked: of all pairs, the first and the next are
 * the most alike (Hung and Fithian 2019, "Rank verification for exponential families"). Methods further down may vary so
 * much that they are not told from the first even where the next is: only against all of them is it the best.
 */
function lead(best: RankedMethod, { methods, next }: Ranking): string {
  const compared = next.map((method) => ({ method, comparison: between(best, method) }));
  const least = compared.reduce((a, b) => ((b.comparison.p ?? 1) > (a.comparison.p ?? 1) ? b : a));
  const size = `Its lead over ${nextWords(next)} is ${leadPoints(best, next)} points`;
  const { comparison, method } = least;
  if (comparison.p === null) return `${size} ${alike(comparison)}.`;
  const over = next.length === 1 ? '' : `over ${method.method}: `;
  const further = methods.slice(1 + next.length);
  const open = further.filter((other) => (between(best, other).p ?? 1) >= SIGNIFICANT).length;
  return `${size} (${over}${intervalWords(comparison)}): ${leadVerdict(comparison.p, further.length, open)}.`;
}

function leadVerdict(p: number, further: number, open: number): string {
  if (p >= SIGNIFICANT) return `${NO_MORE}, so it is open which of the two is better`;
  if (open > 0) {
    return `${EXPLAINED}, but ${open} of the ${further} further down cannot be told from it by such a test, so it is open which is best`;
  }
  return `${EXPLAINED}${further > 0 ? ', as is that over each of the others' : ''}`;
}

function comesNext(baseline: RankedMethod | undefined, { next }: Ranking): boolean {
  return next.length === 1 && next[0] === baseline;
}

function nameOf({ method }: RankedMethod): string {
  return method === 'student' ? 'the student alone' : method;
}

function toBaseline(baseline: RankedMethod, ranking: Ranking): string {
  return `${nameOf(baseline)}${comesNext(baseline, ranking) ? ', which comes next,' : ''}`;
}

function nextWords(next: readonly RankedMethod[]): string {
  const names = `the next, ${listed(next.map(nameOf))}`;
  return next.length === 1 ? `${names},` : `${names} with the same mean,`;
}

function leadPoints(best: RankedMethod, [next]: readonly RankedMethod[]): string {
  return percent(best.mean - (next?.mean ?? best.mean));
}

function alike({ seeds }: PairedComparison): string {
  return `in each of ${seeds.length} seeds: too alike for a test`;
}

function intervalWords({ ci95, p }: PairedComparison): string {
  const [low, high] = ci95 ?? [NaN, NaN];
  return `95 % interval ${points(low)} to ${points(high)}, ${pWords(p ?? NaN)}`;
}

function pWords(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${probability(p)}`;
}
