import { comparePaired, holmAdjusted, summarize } from '../statistics/index.js';
import type { PairedComparison } from '../statistics/index.js';
import type { RaceReport } from './race-data.js';
import type { Report, ReportRow } from './report-data.js';

/** Means at or below this difference are the same: accuracies are counts over at most millions of images. */
const SAME = 1e-12;

/** Below this p-value a difference counts as more than chance. */
export const SIGNIFICANT = 0.05;

/** A method in the ranking. */
export interface RankedMethod {
  readonly method: string;
  /** Test accuracy after the last epoch by seed, for the ranking's seeds only. */
  readonly accuracies: ReadonlyMap<number, number>;
  readonly mean: number;
}

/** A fair comparison of methods: the same network, the same seeds. */
export interface Ranking {
  readonly seeds: readonly number[];
  /** The first-ranked method, or several with equal means. Empty where there is nothing to rank. */
  readonly first: readonly RankedMethod[];
  /** The second-ranked method, or several with equal means. */
  readonly next: readonly RankedMethod[];
  /** All of them, the highest mean first. */
  readonly methods: readonly RankedMethod[];
}

/**
 * Ranks by the mean test accuracy after the last epoch, over the same seeds for all methods. In an unfinished run not every
 * method has every seed: the ranking uses the seeds that include the most trainings, and the methods that have all of them.
 */
export function ranking(report: Pick<Report, 'rows'>): Ranking {
  const rows = report.rows.filter(({ ownNetwork }) => !ownNetwork);
  const seeds = rankedSeeds(rows);
  const methods = rows
    .filter((row) => seeds.length > 0 && hasAll(row, seeds))
    .map((row) => rankedMethod(row, seeds))
    .sort((a, b) => b.mean - a.mean);
  const first = level(methods);
  return { seeds, first, next: level(methods.slice(first.length)), methods };
}

/** The difference of two methods over the ranking's seeds. */
export function between(first: RankedMethod, second: RankedMethod): PairedComparison {
  return comparePaired(first.accuracies, second.accuracies) as PairedComparison;
}

/** The first-ranked method, or the winner of a race; undefined where nothing is ranked, or several methods remain in a race. */
export function bestMethod({ rows, race }: Pick<Report, 'rows' | 'race'>): string | undefined {
  if (race === null) return ranking({ rows }).first[0]?.method;
  return race.left.length === 1 ? race.left[0] : undefined;
}

/** The methods that a paired t-test over the seeds cannot distinguish from the first. */
export function undecided({ first: [best], methods }: Ranking): readonly RankedMethod[] {
  if (best === undefined) return [];
  return methods.filter((other) => other !== best && (between(best, other).p ?? 1) >= SIGNIFICANT);
}

/** The method that is better than every other one; undefined where that is open, or there is no other. */
function clearWinner(ranking: Ranking): RankedMethod | undefined {
  return ranking.methods.length > 1 && undecided(ranking).length === 0 ? ranking.first[0] : undefined;
}

/**
 * The methods whose ranks are clear, at most two: the best if it is better than every other, then the second if it is better than
 * every one below it. For a race: the winner, unless fresh seeds contradict it.
 */
export function clearPlaces({ rows, race }: Pick<Report, 'rows' | 'race'>): readonly string[] {
  if (race !== null) return clearRaceWinner(race);
  const ranked = ranking({ rows });
  const best = clearWinner(ranked);
  if (best === undefined) return [];
  const below = ranked.methods.filter((method) => method !== best);
  const second = clearWinner({ ...ranked, first: level(below), methods: below });
  return [best, ...(second === undefined ? [] : [second])].map(({ method }) => method);
}

function clearRaceWinner({ end, left, confirmation }: RaceReport): readonly string[] {
  const { mean, p } = confirmation?.comparison ?? { mean: 0, p: null };
  const isContradicted = mean < 0 && p !== null && p < SIGNIFICANT;
  return end === 'winner' && !isContradicted ? left.slice(0, 1) : [];
}

/** A difference that was picked out of several. */
export interface PickedComparison extends PairedComparison {
  /** p-value after Holm's correction for all tests against the same baseline; null where there is none. */
  readonly correctedP: number | null;
  /** Number of those tests. */
  readonly tests: number;
}

/** The difference of one method to a baseline, corrected because any other method might have been picked instead. */
export function pickedDifference(
  picked: RankedMethod,
  baseline: RankedMethod,
  { methods }: Ranking,
): PickedComparison {
  const comparison = between(picked, baseline);
  const ps = methods
    .filter(({ method }) => method !== baseline.method)
    .flatMap((method) => {
      const { p } = between(method, baseline);
      return p === null ? [] : [{ method, p }];
    });
  const corrected = holmAdjusted(ps.map(({ p }) => p));
  const place = ps.findIndex(({ method }) => method === picked);
  return { ...comparison, correctedP: corrected[place] ?? null, tests: ps.length };
}

/**
 * Among each method's seeds and the common seeds: those that rank the most trainings; if equal, the most methods. A method alone is
 * no comparison, as long as any seeds rank two.
 */
function rankedSeeds(rows: readonly ReportRow[]): readonly number[] {
  const [first] = rows;
  if (first === undefined) return [];
  const common = first.seeds.filter((seed) => rows.every(({ seeds }) => seeds.includes(seed)));
  const weighed = [common, ...rows.map(({ seeds }) => seeds)].map((seeds) => {
    const methods = rows.filter((row) => hasAll(row, seeds)).length;
    return { seeds, methods, trainings: methods * seeds.length };
  });
  const compared = weighed.filter(({ methods, seeds }) => methods > 1 && seeds.length > 0);
  const candidates = compared.length > 0 ? compared : weighed;
  const most = Math.max(...candidates.map(({ trainings }) => trainings));
  const best = candidates.filter(({ trainings }) => trainings === most);
  const broadest = Math.max(...best.map(({ methods }) => methods));
  return best.find(({ methods }) => methods === broadest)?.seeds ?? [];
}

function hasAll(row: ReportRow, seeds: readonly number[]): boolean {
  return seeds.every((seed) => row.seeds.includes(seed));
}

function rankedMethod({ method, perSeed }: ReportRow, seeds: readonly number[]): RankedMethod {
  const taken = perSeed.filter(({ seed }) => seeds.includes(seed));
  return {
    method,
    accuracies: new Map(taken.map(({ seed, testAccuracyLast }) => [seed, testAccuracyLast])),
    mean: summarize(taken.map(({ testAccuracyLast }) => testAccuracyLast)).mean,
  };
}

/** The methods at the head of a sorted list with equal means. */
function level(methods: readonly RankedMethod[]): readonly RankedMethod[] {
  const [head] = methods;
  return head === undefined ? [] : methods.filter(({ mean }) => head.mean - mean <= SAME);
}
