import { stringify } from 'csv-stringify/sync';
import { markdownTable } from 'markdown-table';
import { terminalTable } from '../terminal/index.js';
import { printable } from './format.js';
import { escaped } from './markdown.js';
import { studyNotes, studyTable } from './study-data.js';
import type { StudyReport } from './study-data.js';

/** A study as GitHub-flavoured Markdown. */
export function renderStudyMarkdown(given: StudyReport): string {
  const report = printable(given);
  const { head, rows } = studyTable(report);
  const linked = rows.map(([name = '', ...others], at) => {
    const page = report.tasks[at]?.page?.replace(/index\.html$/, 'report.md');
    const text = escaped(name);
    return [page === undefined ? text : `[${text}](${encodeURI(page)})`, ...others.map(escaped)];
  });
  const align = head.map((_, at) => (at === 0 ? 'left' : 'right'));
  const table = markdownTable([head.map(escaped), ...linked], { align });
  return `# ${studyTitle(report)}\n\n${table}\n\n${studyNotes(report).map(escaped).join('\n\n')}\n`;
}

/** The table of tasks and methods for a terminal, with notes. */
export function renderStudyTerminal(given: StudyReport, stream?: NodeJS.WritableStream): string {
  const report = printable(given);
  const { head, rows } = studyTable(report);
  const columns = head.map((title, at) => ({ title, numeric: at > 0 }));
  return [terminalTable(columns, rows, stream), ...studyNotes(report)].join('\n');
}

/** One line per task and method, with numbers in full precision. Accuracies are from 0 to 1. */
export function renderStudyCsv({ tasks }: StudyReport): string {
  return stringify(
    tasks.flatMap(({ name, dataset, teacher, student, cells }) =>
      cells.map(({ method, testAccuracyLast, seeds, missing }) => ({
        task: name,
        dataset,
        teacher: teacher?.model ?? null,
        student,
        method,
        seeds: seeds.join(' '),
        missing: missing.join(' '),
        'testAccuracyLast.mean': testAccuracyLast?.mean ?? null,
        'testAccuracyLast.sd': testAccuracyLast?.sd ?? null,
        'teacher.testAccuracy': teacher?.testAccuracy ?? null,
      })),
    ),
    { header: true },
  );
}

export const studyTitle = ({ tasks, methods }: StudyReport): string =>
  `${methods.length} ${methods.length === 1 ? 'method' : 'methods'} on ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`;
