import {
  NONE,
  count,
  difference,
  interval,
  listed,
  meanAndDeviation,
  overhead,
  percent,
  seconds,
} from './format.js';
import type { Report, ReportRow } from './report-data.js';

/** A column of the result table, the same in every rendering. */
export interface Column {
  readonly title: string;
  /** Explanation of the title, for tooltips and screen readers. */
  readonly meaning: string;
  /** Whether cells are right-aligned numbers. */
  readonly numeric: boolean;
  /** False where a terminal of 120 columns has no room for it. */
  readonly terminal: boolean;
  readonly cell: (row: ReportRow) => string;
}

/** Marks a method that has a note below the table. */
export const MARK = '†';

const COLUMNS: readonly Column[] = [
  {
    title: 'method',
    meaning: 'name in the configuration',
    numeric: false,
    terminal: true,
    cell: ({ method, ownNetwork }) => (ownNetwork ? `${method} ${MARK}` : method),
  },
  {
    title: 'seeds',
    meaning: 'number of finished runs',
    numeric: true,
    terminal: true,
    cell: ({ seeds }) => String(seeds.length),
  },
  {
    title: 'test %, last',
    meaning:
      'test accuracy after the last epoch in per cent, mean ± standard deviation over seeds; student/ holds this network',
    numeric: true,
    terminal: true,
    cell: ({ testAccuracyLast }) => meanAndDeviation(testAccuracyLast),
  },
  {
    title: '95 % interval',
    meaning: 'range that holds the mean over very many seeds with 95 % confidence',
    numeric: true,
    terminal: false,
    cell: ({ testAccuracyLast }) => interval(testAccuracyLast),
  },
  {
    title: 'test %, best',
    meaning:
      'test accuracy of the epoch with the best validation accuracy; for the teacher, of the weights that it taught with',
    numeric: true,
    terminal: true,
    cell: ({ testAccuracyBest }) => meanAndDeviation(testAccuracyBest),
  },
  {
    title: 'ensemble %',
    meaning:
      'test accuracy after the last epoch of the averaged logits of all networks that the method trains',
    numeric: true,
    terminal: false,
    cell: ({ cohort }) => (cohort === null ? NONE : meanAndDeviation(cohort.ensembleAccuracyLast)),
  },
  {
    title: 'vs kd',
    meaning:
      'mean difference to kd over common seeds in percentage points; p-values are from paired t-tests over seeds, uncorrected',
    numeric: true,
    terminal: true,
    cell: ({ deltaVsKd }) => difference(deltaVsKd),
  },
  {
    title: 'vs student',
    meaning: 'the same against the student trained alone',
    numeric: true,
    terminal: true,
    cell: ({ deltaVsStudent }) => difference(deltaVsStudent),
  },
  {
    title: 's/epoch',
    meaning: 'seconds of training per epoch',
    numeric: true,
    terminal: true,
    cell: ({ secondsPerEpoch }) => seconds(secondsPerEpoch),
  },
  {
    title: 'overhead',
    meaning: 'extra time for the whole training, relative to the student alone',
    numeric: true,
    terminal: true,
    cell: ({ overheadVsStudent }) => overhead(overheadVsStudent),
  },
  {
    title: 'extra params',
    meaning: 'parameters used in training only',
    numeric: true,
    terminal: false,
    cell: ({ extraTrainParameters }) => count(extraTrainParameters),
  },
];

/** The columns of a report; the ensemble column only where a method trains several networks. */
export function columnsOf({ rows }: Report): readonly Column[] {
  const cohorts = rows.some(({ cohort }) => cohort !== null);
  return COLUMNS.filter(({ title }) => cohorts || title !== 'ensemble %');
}

/** The table's last line: the teacher, which has no seeds and no differences. */
export function teacherCells({ teacher }: Report, columns: readonly Column[]): readonly string[] {
  return columns.map(({ title }, place) => {
    if (place === 0) return `teacher ${teacher.model}`;
    return title === 'test %, best' ? percent(teacher.testAccuracy) : '';
  });
}

/** The note below the table about methods that do not train the configured student; undefined where all do. */
export function ownNetworkNote({ rows, config }: Report): string | undefined {
  const own = rows.filter(({ ownNetwork }) => ownNetwork);
  if (own.length === 0) return undefined;
  const sizes = [...new Set(own.map(({ studentParameters }) => count(studentParameters)))];
  return `${MARK} trains a network of its own, not the ${config.student.model} (${listed(sizes)} parameters), and is neither ranked nor compared.`;
}

/** A row with the size of the configured student. */
export function studentRow({ rows }: Report): ReportRow | undefined {
  return rows.find(({ method }) => method === 'student') ?? rows.find(({ ownNetwork }) => !ownNetwork);
}
