import type { PairedComparison } from '../statistics/index.js';
import { cohortWords } from './cohort-table.js';
import { percent, points, probability } from './format.js';
import type { Report, ReportRow } from './report-data.js';

/** A report in plain words. */
export interface Findings {
  /** Who came out first, and whether that is more than chance. */
  readonly headline: string;
  /** What limits the numbers. */
  readonly caveats: readonly string[];
}

/** A difference counts as more than chance below this p. */
const SIGNIFICANT = 0.05;
/** Below this many seeds an interval says little. */
const FEW_SEEDS = 5;

/** Says in words what a report shows. Accuracies are those after the last epoch. */
export function findings(report: Report): Findings {
  const ranked = [...report.rows].sort((a, b) => b.testAccuracyLast.mean - a.testAccuracyLast.mean);
  const [best] = ranked;
  if (best === undefined) return { headline: 'No training is finished yet.', caveats: [] };
  return { headline: `${standing(best)} ${comparison(best, ranked)}`, caveats: caveats(report, best) };
}

function standing({ method, testAccuracyLast, seeds }: ReportRow): string {
  const over = seeds.length === 1 ? 'with its one seed' : `on average over ${seeds.length} seeds`;
  return `${method} comes out first: it classifies ${percent(testAccuracyLast.mean)} % of the test images rightly ${over}.`;
}

/** The best method against kd; against the student alone where there is no kd; against the runner-up when it is kd. */
function comparison(best: ReportRow, ranked: readonly ReportRow[]): string {
  if (best.deltaVsKd !== null) return difference('kd', best.deltaVsKd);
  const second = ranked[1];
  if (best.method === 'kd' && second?.deltaVsKd) {
    return `The next is ${second.method}. ${difference('kd', second.deltaVsKd)}`;
  }
  if (best.deltaVsStudent !== null) return difference('the student alone', best.deltaVsStudent);
  return second === undefined ? 'It is the only one.' : 'There is nothing in common to compare it with.';
}

function difference(baseline: string, { mean, ci95, p, seeds }: PairedComparison): string {
  const size = `Its difference to ${baseline} is ${points(mean)} points`;
  if (ci95 === null) return `${size}; one seed does not tell whether that is more than chance.`;
  const range = `95 % interval ${points(ci95[0])} to ${points(ci95[1])}`;
  if (p === null) return `${size} in each of ${seeds.length} seeds: too alike for a test.`;
  const verdict =
    p < SIGNIFICANT
      ? 'more than the chance of the seeds explains'
      : 'no more than the chance of the seeds may give';
  return `${size} (${range}, p ${p < 0.001 ? '< 0.001' : `= ${probability(p)}`}): ${verdict}.`;
}

function caveats(report: Report, best: ReportRow): readonly string[] {
  const { rows, config, teacher, engine, warnings } = report;
  const found: string[] = [];
  const fewest = Math.min(...rows.map(({ seeds }) => seeds.length));
  if (fewest === 1) found.push('Only 1 seed: nothing tells a difference from chance.');
  else if (fewest < FEW_SEEDS) {
    found.push(`Only ${fewest} seeds: intervals are wide, and small differences cannot be told from chance.`);
  }
  for (const { method, seeds } of rows) {
    const missing = config.seeds.filter((seed) => !seeds.includes(seed));
    if (missing.length > 0) found.push(`${method} is not finished: ${seedList(missing)} missing.`);
  }
  for (const { as } of config.methods.filter(({ as }) => rows.every(({ method }) => method !== as))) {
    found.push(`${as} has not finished any seed.`);
  }
  const tests = rows.filter(({ deltaVsKd }) => deltaVsKd?.p != null).length;
  if (tests > 1) {
    const chance = 100 * (1 - (1 - SIGNIFICANT) ** tests);
    found.push(
      `${tests} methods are compared with kd, each on its own: if none were better, some p would still fall below ${SIGNIFICANT} in up to ${chance.toFixed(0)} of 100 such reports.`,
    );
  }
  const together = cohortWords(report);
  if (together !== undefined) found.push(together);
  if (teacher.testAccuracy <= best.testAccuracyLast.mean) {
    found.push(
      `The teacher (${percent(teacher.testAccuracy)} %) is no better than the best student: there was little to learn from it.`,
    );
  }
  if (config.dataset.name === 'synthetic') {
    found.push('The images are synthetic: what does best here need not do best on photographs.');
  }
  if (!engine.reproducible) {
    found.push(`On the engine ${engine.name} the same seed does not give exactly the same numbers again.`);
  }
  return [...found, ...warnings];
}

function seedList(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}
