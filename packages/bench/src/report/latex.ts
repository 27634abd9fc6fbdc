import { byAccuracy } from './accuracy-plot.js';
import { findings } from './findings.js';
import { NONE, percent, points, printable, probability } from './format.js';
import { clearPlaces } from './ranking.js';
import type { Report, ReportRow } from './report-data.js';
import { teacherWords, title } from './words.js';
import { ownNetworksIn, studyNotes } from './study-data.js';
import type { StudyReport } from './study-data.js';
import type { PairedComparison, Summary } from '../statistics/index.js';

/** How a mean is set: the best bold, the second underlined, each only where its rank is clear. */
type Emphasis = 'first' | 'next' | undefined;

const EMPHASIS =
  'Bold: better than every other method in paired t-tests over seeds; underlined: than every method below it.';

/** @param clear the methods whose ranks are clear, the best first */
const emphasisIn =
  ([first, next]: readonly string[]) =>
  (method: string): Emphasis =>
    method === first ? 'first' : method === next ? 'next' : undefined;

interface LatexColumn {
  readonly head: string;
  readonly cell: (row: ReportRow, emphasis: Emphasis) => string;
  readonly isShown?: (report: Report) => boolean;
}

const COLUMNS: readonly LatexColumn[] = [
  { head: 'Seeds', cell: ({ seeds }) => String(seeds.length) },
  {
    head: 'Test accuracy',
    cell: ({ testAccuracyLast }, emphasis) => accuracy(testAccuracyLast, emphasis),
  },
  {
    head: '95\\,\\% interval',
    cell: ({ testAccuracyLast: { ci95 } }) =>
      ci95 === null ? '--' : `$[${percent(ci95[0])}, ${percent(ci95[1])}]$`,
    isShown: ({ rows }) => rows.some(({ testAccuracyLast: { ci95 } }) => ci95 !== null),
  },
  {
    head: '$\\Delta$ KD',
    cell: ({ deltaVsKd }) => change(deltaVsKd),
    isShown: ({ rows }) => rows.some(({ deltaVsKd }) => deltaVsKd !== null),
  },
  {
    head: '$\\Delta$ student',
    cell: ({ deltaVsStudent }) => change(deltaVsStudent),
    isShown: ({ rows }) => rows.some(({ deltaVsStudent }) => deltaVsStudent !== null),
  },
  {
    head: 'Time',
    cell: ({ overheadVsStudent }) =>
      overheadVsStudent === null ? '--' : `$${(1 + overheadVsStudent).toFixed(2)}\\times$`,
    isShown: ({ rows }) => rows.some(({ overheadVsStudent }) => overheadVsStudent !== null),
  },
];

/**
 * The result table for a paper: a `table` with `booktabs` rules and the methods sorted by accuracy. The best mean is bold and the
 * second underlined where the seeds make that rank clear. Needs `\usepackage{booktabs}`.
 */
export function renderLatex(given: Report): string {
  const report = printable(given);
  const emphasis = emphasisIn(clearPlaces(report));
  const columns = COLUMNS.filter(({ isShown }) => isShown?.(report) ?? true);
  const rows = byAccuracy(report).map((row) => [
    escaped(row.ownNetwork ? `${row.method}*` : row.method),
    ...columns.map(({ cell }) => cell(row, emphasis(row.method))),
  ]);
  const teacher = [
    escaped(`Teacher (${report.teacher.model})`),
    '',
    `$${percent(report.teacher.testAccuracy)}$`,
    ...columns.slice(2).map(() => ''),
  ];
  return [
    ...findings(report).caveats.map((caveat) => `% ${caveat}`),
    table(captionOf(report), ['Method', ...columns.map(({ head }) => head)], [rows, [teacher]]),
  ].join('\n');
}

/** The table of a study: a row per task, with the best mean bold and the second underlined where that rank is clear. */
export function renderStudyLatex(given: StudyReport): string {
  const report = printable(given);
  const rows = report.tasks.map(({ name, teacher, cells, clear }) => {
    const emphasis = emphasisIn(clear);
    return [
      escaped(name),
      teacher === null ? '--' : `$${percent(teacher.testAccuracy)}$`,
      ...report.methods.map((method) => {
        const {
          testAccuracyLast: found,
          seeds = [],
          missing = [],
        } = cells.find((cell) => cell.method === method) ?? {};
        if (found == null) return missing.length > 0 ? 'missing' : '--';
        const short =
          missing.length === 0 ? '' : ` (${seeds.length} of ${seeds.length + missing.length} seeds)`;
        return `${accuracy(found, emphasis(method))}${short}`;
      }),
    ];
  });
  const own = ownNetworksIn(report.tasks);
  const methods = report.methods.map((name) => escaped(own.includes(name) ? `${name}*` : name));
  const note =
    own.length === 0 ? '' : " Methods with * train a network of their own, not the task's student.";
  const caption = `Test accuracy after the last epoch in per cent, mean and standard deviation over seeds, by task. ${EMPHASIS}${note}`;
  return [
    ...studyNotes(report).map((note) => `% ${note}`),
    table(caption, ['Task', 'Teacher', ...methods], [rows]),
  ].join('\n');
}

/** @param groups groups of rows, separated by rules */
function table(
  caption: string,
  head: readonly string[],
  groups: readonly (readonly (readonly string[])[])[],
): string {
  const line = (cells: readonly string[]): string => `    ${cells.join(' & ')} \\\\`;
  return [
    '% Needs \\usepackage{booktabs}.',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escaped(caption)}}`,
    '  \\label{tab:distillation}',
    `  \\begin{tabular}{l${'r'.repeat(head.length - 1)}}`,
    '    \\toprule',
    line(head),
    ...groups.flatMap((rows) => ['    \\midrule', ...rows.map(line)]),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

function accuracy({ mean, sd }: Summary, emphasis: Emphasis): string {
  const text = percent(mean);
  const set =
    emphasis === 'first' ? `\\mathbf{${text}}` : emphasis === 'next' ? `\\underline{${text}}` : text;
  return `$${set}${sd === null ? '' : ` \\pm ${percent(sd)}`}$`;
}

function captionOf(report: Report): string {
  const { config, rows } = report;
  return [
    `${title(report)}.`,
    'Test accuracy after the last epoch in per cent, mean and standard deviation over seeds; differences in percentage points with the p-value of a paired t-test over seeds, uncorrected; training time relative to the student alone.',
    ...(report.race === null ? [EMPHASIS] : ['Bold: the winner of the race.']),
    ...(rows.some(({ ownNetwork }) => ownNetwork)
      ? [`Methods with * train a network of their own, not the ${config.student.model}.`]
      : []),
    teacherWords(config),
  ].join(' ');
}

function change(comparison: PairedComparison | null): string {
  if (comparison === null) return '--';
  const size = points(comparison.mean).replace('−', '-');
  return comparison.p === null
    ? `$${size}$`
    : `$${size}$ ($p ${comparison.p < 0.001 ? '' : '= '}${probability(comparison.p)}$)`;
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  [NONE]: '--',
  '−': '$-$',
  '±': '$\\pm$',
};

/** Escapes text for LaTeX. */
function escaped(text: string): string {
  return text.replace(/[\\~^<>|"–−±]|[&%$#_{}]/g, (letter) => SPECIAL[letter] ?? `\\${letter}`);
}
