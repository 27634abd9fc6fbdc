import { listed, meanAndDeviation } from './format.js';
import type { Report, Tuning } from './report-data.js';

/** The trials before the comparison, as a text table. */
export interface TuningTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How options were chosen, in sentences. */
  readonly notes: readonly string[];
}

/** The table of trials; undefined for a run without tuning. */
export function tuningTable({ tuning }: Report): TuningTable | undefined {
  if (tuning.length === 0) return undefined;
  return {
    head: ['method', 'trial', 'options', 'validation accuracy', 'chosen'],
    rows: tuning.flatMap(({ method, trials, chosen }) =>
      trials.map(({ options, validationAccuracy }, trial) => [
        method,
        String(trial),
        JSON.stringify(options)
          .replace(/^\{|\}$/g, '')
          .replaceAll('"', ''),
        validationAccuracy === null ? 'diverged' : meanAndDeviation(validationAccuracy),
        trial === chosen ? 'yes' : '',
      ]),
    ),
    notes: [
      choice(tuning),
      ...(isEqual(tuning) ? [`Each method had ${trainings(tuning)[0]} trainings for this.`] : []),
    ],
  };
}

/** Ways in which tuning makes the comparison less fair. */
export function tuningCaveats({ tuning, rows }: Report): readonly string[] {
  if (tuning.length === 0) return [];
  const others = rows.filter(({ method }) => !tuning.some((each) => each.method === method));
  const names = others.map(({ method }) => method);
  const counts = tuning.map(({ method }, at) => `${method} ${trainings(tuning)[at]}`);
  return [
    ...(isEqual(tuning)
      ? []
      : [
          `Options were chosen with different numbers of trainings: ${counts.join(', ')}. More trials favour a method.`,
        ]),
    ...(names.length === 0 ? [] : [`Options of ${listed(names)} were not tuned, those of the others were.`]),
  ];
}

const trainings = (tuning: readonly Tuning[]): readonly number[] =>
  tuning.map(({ trials, seeds }) => trials.length * seeds.length);

/** Whether every method had the same number of trainings, as a fair comparison needs. */
const isEqual = (tuning: readonly Tuning[]): boolean => new Set(trainings(tuning)).size === 1;

function choice(tuning: readonly Tuning[]): string {
  const seeds = tuning[0]?.seeds ?? [];
  const word = seeds.length === 1 ? 'seed' : 'seeds';
  return `Options of ${listed(tuning.map(({ method }) => method))} were chosen by the mean accuracy on the validation images after the last epoch, with the ${word} ${seeds.join(', ')}, which this run does not use. No test image was used.`;
}
