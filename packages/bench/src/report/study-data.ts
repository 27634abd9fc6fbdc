import type { Summary, TaskStatistics } from '../statistics/index.js';
import { MARK } from './columns.js';
import { meanAndDeviation, NONE, percent } from './format.js';

/** Version of {@link StudyReport} as a file. */
export const STUDY_REPORT_SCHEMA = 1;

/** `report/report.json` of a study: the results of each task's methods. */
export interface StudyReport {
  readonly schema: typeof STUDY_REPORT_SCHEMA;
  /** Methods of all tasks, in the order of the first one that has them. */
  readonly methods: readonly string[];
  readonly tasks: readonly StudyTaskReport[];
  /** Statistics over the tasks with results; omitted where these have fewer than two methods in common. */
  readonly statistics?: TaskStatistics | undefined;
}

export interface StudyTaskReport {
  readonly name: string;
  readonly dataset: string;
  readonly student: string;
  /** The teacher and its accuracy on the test images; null before it is trained. */
  readonly teacher: { readonly model: string; readonly testAccuracy: number } | null;
  /** Path of the task's page, relative to the study's report folder; null where there is no report yet. */
  readonly page: string | null;
  /** Methods whose ranks are clear beyond the variation between seeds: the best, then the second; empty where that is open. */
  readonly clear: readonly string[];
  /** One per method of the task. */
  readonly cells: readonly StudyTaskCell[];
}

export interface StudyTaskCell {
  readonly method: string;
  /** Accuracy on the test images after the last epoch, over the finished seeds; null where none is finished. */
  readonly testAccuracyLast: Summary | null;
  readonly seeds: readonly number[];
  /** Unfinished seeds of the task, which the mean does not include. */
  readonly missing: readonly number[];
  /** True for a method that trains a network of its own, not the task's student: it is not ranked. */
  readonly ownNetwork?: boolean | undefined;
}

/** A table of text: a row per task, a column per method. */
export interface StudyTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Means with deviations in per cent; a cell states which of its seeds are missing. */
export function studyTable({ methods, tasks }: StudyReport): StudyTable {
  const own = ownNetworksIn(tasks);
  return {
    head: ['task', 'teacher', ...methods.map((name) => (own.includes(name) ? `${name} ${MARK}` : name))],
    rows: tasks.map(({ name, teacher, cells }) => [
      name,
      teacher === null ? 'not trained' : percent(teacher.testAccuracy),
      ...methods.map((method) => cellText(cells.find((cell) => cell.method === method))),
    ]),
  };
}

/** Methods that train a network of their own in some task. */
export const ownNetworksIn = (tasks: StudyReport['tasks']): readonly string[] => [
  ...new Set(
    tasks.flatMap(({ cells }) => cells.filter(({ ownNetwork }) => ownNetwork).map(({ method }) => method)),
  ),
];

function cellText(cell: StudyTaskCell | undefined): string {
  if (cell === undefined) return NONE;
  const { testAccuracyLast, seeds, missing } = cell;
  if (testAccuracyLast === null) return 'missing';
  const all = seeds.length + missing.length;
  const short = missing.length === 0 ? '' : ` (${seeds.length} of ${all} seeds)`;
  return `${meanAndDeviation(testAccuracyLast)}${short}`;
}

/** What the table does not show, in sentences. */
export function studyNotes({ tasks, methods }: StudyReport): readonly string[] {
  const missing = tasks.flatMap(({ name, cells }) =>
    cells.flatMap(({ method, missing: seeds }) => seeds.map((seed) => `${name}/${method}/${seed}`)),
  );
  const SHOWN = 10;
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  const trainings = `${missing.length} ${missing.length === 1 ? 'training is' : 'trainings are'} not done`;
  const partial = methods.filter((method) =>
    tasks.some(({ cells }) => !cells.some((cell) => cell.method === method)),
  );
  return [
    'Accuracy on the test images after the last epoch, in per cent: mean ± standard deviation over seeds.',
    ...(missing.length === 0
      ? []
      : [`${trainings}, and no mean includes them: ${missing.slice(0, SHOWN).join(', ')}${more}.`]),
    ...(ownNetworksIn(tasks).length === 0
      ? []
      : [`${MARK} trains a network of its own, not the task's student, and is neither ranked nor compared.`]),
    ...(partial.length === 0 ? [] : [`Not in every task: ${partial.join(', ')}.`]),
  ];
}
