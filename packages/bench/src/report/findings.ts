import { caveats } from './caveats.js';
import { listed, percent, points, probability } from './format.js';
import { between, pickedDifference, ranking, SIGNIFICANT, undecided } from './ranking.js';
import type { RankedMethod, Ranking } from './ranking.js';
import type { PairedComparison } from '../statistics/index.js';
import { isRaced, raceHeadline, raceVerdicts } from './race-words.js';
import type { Report } from './report-data.js';

/** A report in plain words. */
export interface Findings {
  /** Which method ranks first. */
  readonly headline: string;
  /** Whether seeds alone could explain its lead over the baseline, and over the next method. */
  readonly verdicts: readonly string[];
  /** What limits the numbers. */
  readonly caveats: readonly string[];
}

/** States the results of a report in sentences. Accuracies are those after the last epoch. */
export function findings(report: Report): Findings {
  if (report.rows.length === 0)
    return { headline: 'No training is finished yet.', verdicts: [], caveats: [] };
  const ranked = ranking(report);
  if (isRaced(report))
    return {
      headline: raceHeadline(report),
      verdicts: raceVerdicts(report),
      caveats: caveats(report, ranked),
    };
  return { headline: headline(ranked), verdicts: verdicts(ranked), caveats: caveats(report, ranked) };
}

const BEYOND_SEEDS = 'more than different seeds alone would produce';
const WITHIN_SEEDS = 'within what different seeds alone would produce';

function headline({ first }: Ranking): string {
  const [best] = first;
  if (best === undefined) return 'There is nothing to rank yet.';
  const seeds = best.accuracies.size;
  const accuracy = `${percent(best.mean)} % test accuracy (${seeds === 1 ? 'one seed' : `mean of ${seeds} seeds`})`;
  // Equal means tie: the configuration's order must not decide.
  return first.length === 1
    ? `${best.method} ranks first with ${accuracy}.`
    : `${listed(first.map(({ method }) => method))} tie for first place with ${accuracy}.`;
}

/** How the first compares with the baseline, and with the next method. A sentence each. */
function verdicts(ranking: Ranking): readonly string[] {
  const { first, next } = ranking;
  const [best] = first;
  if (best === undefined) return [];
  const baseline = baselineOf(ranking);
  if (first.length > 1) return tie(best, baseline);
  if (next.length === 0) return ['There is no other method to compare it with.'];
  if (best.accuracies.size === 1) return oneSeed(best, baseline, ranking);
  return [
    ...(baseline === undefined || comesNext(baseline, ranking) ? [] : [difference(best, baseline, ranking)]),
    lead(best, ranking),
  ];
}

/** `kd`; the student alone where there is no kd, or where kd itself is first. */
function baselineOf({ methods, first }: Ranking): RankedMethod | undefined {
  const others = methods.filter((method) => !first.includes(method));
  return others.find(({ method }) => method === 'kd') ?? others.find(({ method }) => method === 'student');
}

function tie(best: RankedMethod, baseline: RankedMethod | undefined): readonly string[] {
  const open = 'Their means are equal, so it is open which is better.';
  if (baseline === undefined) return [open];
  const size = percent(best.mean - baseline.mean);
  return [open, `They are ${size} points above ${nameOf(baseline)}; the table has a test for each.`];
}

function oneSeed(
  best: RankedMethod,
  baseline: RankedMethod | undefined,
  ranking: Ranking,
): readonly string[] {
  const parts = [
    ...(baseline === undefined
      ? []
      : [`${percent(best.mean - baseline.mean)} points above ${toBaseline(baseline, ranking)}`]),
    ...(comesNext(baseline, ranking)
      ? []
      : [`${leadOver(best, ranking.next)} points above ${nextWords(ranking.next)}`]),
  ];
  return [`It is ${parts.join(' and ')}. One seed cannot show whether that is more than chance.`];
}

/** The verdict uses the corrected p-value: the first was picked as the best of many. */
function difference(best: RankedMethod, baseline: RankedMethod, ranking: Ranking): string {
  const { correctedP, tests, ...comparison } = pickedDifference(best, baseline, ranking);
  const size = `It is ${percent(comparison.mean)} points above ${nameOf(baseline)}`;
  if (comparison.p === null || correctedP === null) return `${size} ${untestable(comparison)}.`;
  const correction = tests === 1 ? '' : `; corrected for ${tests} tests: ${pWords(correctedP)}`;
  const verdict =
    correctedP < SIGNIFICANT
      ? BEYOND_SEEDS
      : comparison.p < SIGNIFICANT
        ? `the best of ${tests} methods can look this good by luck`
        : WITHIN_SEEDS;
  return `${size} (${intervalWords(comparison)}${correction}): ${verdict}.`;
}

/**
 * The first against the next. This test needs no correction for selection: of all rivals, the next is closest to the first
 * (Hung and Fithian 2019, "Rank verification for exponential families"). Methods further down may vary so much that they cannot
 * be distinguished from the first even where the next can: the first is the best only if it beats all of them.
 */
function lead(best: RankedMethod, ranking: Ranking): string {
  const { next } = ranking;
  const compared = next.map((method) => ({ method, comparison: between(best, method) }));
  const least = compared.reduce((a, b) => ((b.comparison.p ?? 1) > (a.comparison.p ?? 1) ? b : a));
  const { comparison, method } = least;
  const size = `It is ${leadOver(best, next)} points above ${nextWords(next)}`;
  if (comparison.p === null) return `${size} ${untestable(comparison)}.`;
  const over = next.length === 1 ? '' : `over ${method.method}: `;
  return `${size} (${over}${intervalWords(comparison)}): ${leadVerdict(comparison.p, ranking)}.`;
}

function leadVerdict(p: number, ranking: Ranking): string {
  if (p >= SIGNIFICANT) return `${WITHIN_SEEDS}, so it is open which of the two is better`;
  const open = undecided(ranking).map(nameOf);
  if (open.length > 0)
    return `${BEYOND_SEEDS}. But it cannot be distinguished from ${listed(open)}, so it is open which is best`;
  const isLast = ranking.methods.length === 1 + ranking.next.length;
  return `${BEYOND_SEEDS}${isLast ? '' : ', and so is its lead over each of the others'}`;
}

function comesNext(baseline: RankedMethod | undefined, { next }: Ranking): boolean {
  return next.length === 1 && next[0] === baseline;
}

function nameOf({ method }: RankedMethod): string {
  return method === 'student' ? 'the student alone' : method;
}

function toBaseline(baseline: RankedMethod, ranking: Ranking): string {
  return comesNext(baseline, ranking) ? second(baseline) : nameOf(baseline);
}

function nextWords(next: readonly RankedMethod[]): string {
  const [only] = next;
  return only !== undefined && next.length === 1
    ? second(only)
    : `${listed(next.map(nameOf))}, which tie for second place`;
}

function second({ method }: RankedMethod): string {
  return method === 'student' ? 'the student alone, which ranks second' : `second-ranked ${method}`;
}

function leadOver(best: RankedMethod, [next]: readonly RankedMethod[]): string {
  return percent(best.mean - (next?.mean ?? best.mean));
}

function untestable({ seeds }: PairedComparison): string {
  return `in each of ${seeds.length} seeds; equal differences cannot be tested`;
}

function intervalWords({ ci95, p }: PairedComparison): string {
  const [low, high] = ci95 ?? [NaN, NaN];
  return `95 % interval ${points(low)} to ${points(high)}, ${pWords(p ?? NaN)}`;
}

function pWords(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${probability(p)}`;
}
