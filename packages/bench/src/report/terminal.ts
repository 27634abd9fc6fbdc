import Table from 'cli-table3';
import { cohortTable } from './cohort-table.js';
import { columnsOf, ownNetworkNote, teacherCells } from './columns.js';
import { findings } from './findings.js';
import type { Report } from './report-data.js';

/** The result table and what it says, as plain text without colours. */
export function renderTerminal(report: Report): string {
  const columns = columnsOf(report).filter(({ terminal }) => terminal);
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ numeric }) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of report.rows) table.push(columns.map(({ cell }) => cell(row)));
  table.push([...teacherCells(report, columns)]);
  const { headline, verdicts, caveats } = findings(report);
  const networks = cohortTable(report)?.rows.map(
    ([method, network, , last]) => `${method}, ${network}: ${last} % of the test images after the last epoch`,
  );
  const note = ownNetworkNote(report);
  const notes = note === undefined ? [] : [note];
  return [
    table.toString(),
    ...notes,
    ...(networks ?? []),
    headline,
    ...verdicts,
    ...caveats.map((caveat) => `- ${caveat}`),
  ].join('\n');
}
