import { durationText } from '../terminal/style.js';
import { count, listed, NONE, percent, points, probability } from './format.js';
import { SIGNIFICANT } from './ranking.js';
import type { RaceReport } from './race-data.js';
import type { Report } from './report-data.js';

/** A report of a run that was a race. */
export type RacedReport = Report & { readonly race: RaceReport };

export const isRaced = (report: Report): report is RacedReport => report.race !== null;

/** The winner, and its test accuracy on fresh seeds; a tie is a result too. */
export function raceHeadline(report: RacedReport): string {
  const { left, end, seeds, confirmation } = report.race;
  const names = listed(left);
  const after = `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`;
  const [winner] = left;
  if (winner === undefined) return 'Every method diverged, so there is no winner.';
  if (left.length === 1) {
    const comparison = confirmation?.comparison;
    if (confirmation === null || comparison == null) return `${winner} won the race after ${after}.`;
    const size = `${percent(Math.abs(comparison.mean))} points ${comparison.mean < 0 ? 'below' : 'above'} ${confirmation.rival}`;
    return `${winner} won the race, and has ${percent(freshMean(report, winner))} % test accuracy on ${comparison.seeds.length} fresh ${comparison.seeds.length === 1 ? 'seed' : 'seeds'}, ${size}.`;
  }
  if (end === 'tie') return `${names} tie: ${after} cannot tell them apart.`;
  if (end === 'budget') return `${names} are still in the race: the budget ended after ${after}.`;
  return `The race is not over: ${names} are left after ${after}.`;
}

/** Whether fresh seeds confirm the winner, how methods were chosen, and the cost. */
export function raceVerdicts(report: RacedReport): readonly string[] {
  const { race } = report;
  return [...confirmed(race), choice(race), spent(race)];
}

function confirmed({ confirmation, end }: RaceReport): readonly string[] {
  if (end === 'tie' || end === 'budget')
    return ['It is open which of them is best; the difference is small, or varies a lot between seeds.'];
  if (confirmation === null) return [];
  const { comparison, rival, winner, seeds } = confirmation;
  if (comparison === null)
    return [`The fresh seeds that should confirm it against ${rival} have not been trained.`];
  const missing = seeds.length - comparison.seeds.length;
  const fewer =
    missing === 0
      ? ''
      : ` Of ${seeds.length} fresh seeds ${missing} ${missing === 1 ? 'is' : 'are'} missing.`;
  const { ci95, p, mean } = comparison;
  if (ci95 === null || p === null) return [`That cannot be tested with these fresh seeds.${fewer}`];
  const verdict =
    p >= SIGNIFICANT
      ? 'fresh seeds do not confirm that it is better, nor the opposite'
      : mean > 0
        ? `fresh seeds confirm that ${winner} is better`
        : `fresh seeds contradict the race: ${rival} is better on the test images`;
  return [
    `95 % interval ${points(ci95[0])} to ${points(ci95[1])}, p ${p < 0.001 ? '< 0.001' : `= ${probability(p)}`}: ${verdict}.${fewer}`,
  ];
}

function choice({ validationImages, level, dropped, methods }: RaceReport): string {
  const images =
    validationImages === null ? 'the validation images' : `${count(validationImages)} validation images`;
  const rule = `The rule drops a method that is truly best in at most ${Number((100 * level).toPrecision(3))} % of races.`;
  return `Methods were chosen on ${images}, not on test images; ${dropped.length} of ${methods.length} were dropped. ${rule}`;
}

function spent({ seconds, budget, trainings, fullTrainings, confirmation }: RaceReport): string {
  const of = budget === null ? '' : ` of a budget of ${durationText(budget)}`;
  const fresh =
    confirmation?.comparison === null || confirmation === null ? 0 : 2 * confirmation.comparison.seeds.length;
  const extra = fresh === 0 ? '' : `, ${fresh} of them with fresh seeds`;
  return `It took ${durationText(seconds)}${of}: ${trainings} ${trainings === 1 ? 'training' : 'trainings'}${extra}. Without dropping methods, the race itself would have taken ${fullTrainings}.`;
}

/** Test accuracy over the fresh seeds. */
function freshMean({ rows, race: { confirmation } }: RacedReport, method: string): number {
  const seeds = confirmation?.comparison?.seeds ?? [];
  const own = (rows.find((row) => row.method === method)?.perSeed ?? []).filter(({ seed }) =>
    seeds.includes(seed),
  );
  return own.reduce((sum, { testAccuracyLast }) => sum + testAccuracyLast, 0) / own.length;
}

/** Limitations of a race, beside those of every run. */
export function raceCaveats({ race }: RacedReport): readonly string[] {
  const { dropped } = race;
  return [
    ...(dropped.length === 0
      ? []
      : [
          'Dropped methods have fewer seeds than the others: their means and intervals are less certain, and tests between two methods use only the seeds that both have.',
        ]),
    'The rule assumes that differences over seeds are normal and independent. It finds the method that is best on these validation images; fresh seeds and test images show whether that holds.',
  ];
}

export const RACE_HEAD = [
  'method',
  'seeds',
  'validation %',
  'outcome',
  'behind',
  'points',
  'evidence',
] as const;

/** A row per method: the remaining ones first, then the dropped ones, the last dropped first. */
export function raceRows({ methods, dropped, left, end }: RaceReport): readonly (readonly string[])[] {
  const own = (name: string): readonly string[] => {
    const { seeds = 0, validationAccuracy = null } = methods.find(({ method }) => method === name) ?? {};
    return [name, String(seeds), validationAccuracy === null ? NONE : percent(validationAccuracy)];
  };
  const staying = left.toSorted((a, b) => accuracyOf(methods, b) - accuracyOf(methods, a));
  return [
    ...staying.map((name) => [...own(name), end === 'winner' ? 'won' : 'still in', NONE, NONE, NONE]),
    ...dropped
      .toReversed()
      .map(({ method, seed, seeds, by, difference, evidence, needed }) => [
        ...own(method),
        by === null ? `diverged with seed ${seed}` : `out after ${seeds} seeds`,
        by ?? NONE,
        difference === null ? NONE : points(difference),
        evidence === null ? NONE : `${evidenceText(evidence)} of ${evidenceText(needed)}`,
      ]),
  ];
}

const accuracyOf = (methods: RaceReport['methods'], name: string): number =>
  methods.find(({ method }) => method === name)?.validationAccuracy ?? 0;

const evidenceText = (value: number): string =>
  value >= 1e6 ? '> 1,000,000' : Math.round(value).toLocaleString('en-US');
