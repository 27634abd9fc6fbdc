import { terminalTable } from '../terminal/index.js';
import { cohortTable } from './cohort-table.js';
import { columnsOf, ownNetworkNote, teacherCells } from './columns.js';
import { findings } from './findings.js';
import { printable } from './format.js';
import type { Report } from './report-data.js';

/** The result table with its findings, in the width and colours that the stream supports. */
export function renderTerminal(given: Report, stream?: NodeJS.WritableStream): string {
  const report = printable(given);
  const columns = columnsOf(report).filter(({ terminal }) => terminal);
  const table = terminalTable(
    columns.map((column) => ({ ...column, vital: column.title === 'test %, last' })),
    [...report.rows.map((row) => columns.map(({ cell }) => cell(row))), teacherCells(report, columns)],
    stream,
  );
  const { headline, verdicts, caveats } = findings(report);
  const networks = cohortTable(report)?.rows.map(
    ([method, network, , last]) => `${method}, ${network}: ${last} % test accuracy after the last epoch`,
  );
  const note = ownNetworkNote(report);
  const notes = note === undefined ? [] : [note];
  return [
    table,
    ...notes,
    ...(networks ?? []),
    headline,
    ...verdicts,
    ...caveats.map((caveat) => `- ${caveat}`),
  ].join('\n');
}
