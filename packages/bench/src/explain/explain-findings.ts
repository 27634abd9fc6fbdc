import type { Interval, PairedComparison, Summary } from '../statistics/index.js';
import type { ExplainedRun, SeedsComparison, SeedsSummary } from './explained.js';

/** The measures that the paper claims KD lowers, by their names in the comparisons. */
const CLAIMED = [
  ['entropy', 'mean attention entropy at temperature 1 (nats)', (one) => one.entropy],
  ['conflict', 'share of pairs of subtasks whose gradients conflict', (one) => one.conflict?.negativeShare],
] as const satisfies readonly (readonly [
  SeedsComparison['measure'],
  string,
  (one: SeedsSummary) => Summary | undefined,
])[];

/**
 * The paper's claims against the measurements. Per measure: KD's value, its difference to label smoothing and plain training with the
 * verdict of the 95 % interval; then how similar the trees of different seeds are.
 */
export function explainFindings({
  summaries,
  comparisons,
}: Pick<ExplainedRun, 'summaries' | 'comparisons'>): readonly string[] {
  const kd = summaries.find(({ training }) => training === 'kd');
  const trainingOf = (method: string): string | undefined =>
    summaries.find((one) => one.method === method)?.training;
  const claims = CLAIMED.flatMap(([measure, words, of]) => {
    const own = kd && of(kd);
    const held = comparisons.filter((one) => one.measure === measure && one.first === kd?.method);
    if (own === undefined || held.length === 0) return [];
    const against = held.map(
      ({ second, difference }) =>
        `${trainingOf(second) === 'plain' ? 'plain training' : 'label smoothing'} ${differenceText(difference)}`,
    );
    const seeds = Math.min(...held.map(({ difference }) => difference.seeds.length));
    const caution = seeds < 3 ? ` With ${seeds} ${seeds === 1 ? 'seed' : 'seeds'} this is no evidence.` : '';
    return [`KD's ${words} is ${withInterval(own)}. Against ${against.join('; against ')}.${caution}`];
  });
  return [...claims, ...summaries.flatMap(stabilityFinding)];
}

function stabilityFinding({ method, stability, seeds }: SeedsSummary): readonly string[] {
  const last = stability.at(-1);
  if (last === undefined) return [];
  const agree = `adjusted Rand index ${withInterval(last)} over ${last.pairs} pairs of seeds`;
  const verdict =
    last.ci95 === null
      ? `with ${seeds.length} seeds this is no evidence`
      : last.ci95[0] > 0
        ? 'more than chance'
        : 'indistinguishable from chance, which is 0';
  return [`Classes that share an expert in ${method}'s last level: ${agree}, ${verdict}.`];
}

/** A difference with its verdict: lower, as the paper claims; higher; or open where the interval contains 0. */
function differenceText({ mean, ci95 }: PairedComparison): string {
  const text = `${signed(mean)}${ci95 === null ? '' : ` (95 % interval ${signed(ci95[0])} to ${signed(ci95[1])})`}`;
  if (ci95 === null) return `${text}, ${mean < 0 ? 'lower' : 'not lower'}`;
  return `${text}, ${ci95[1] < 0 ? 'lower' : ci95[0] > 0 ? 'higher' : 'open'}`;
}

/** `1.31 (1.28 to 1.34)`: a mean with its 95 % interval. */
export function withInterval({
  mean,
  ci95,
}: {
  readonly mean: number;
  readonly ci95: Interval | null;
}): string {
  return ci95 === null ? digits(mean) : `${digits(mean)} (${digits(ci95[0])} to ${digits(ci95[1])})`;
}

const digits = (value: number): string => value.toFixed(3).replace(/^-/, '−');
/** A signed number; without a sign where it rounds to 0. */
const signed = (value: number): string =>
  value >= 0.0005 ? `+${digits(value)}` : value <= -0.0005 ? digits(value) : '0.000';
