import Table from 'cli-table3';
import { COLUMNS, teacherCells } from './columns.js';
import { findings } from './findings.js';
import type { Report } from './report-data.js';

/** The result table and what it says, as plain text without colours. */
export function renderTerminal(report: Report): string {
  const table = new Table({
    head: COLUMNS.map(({ title }) => title),
    colAligns: COLUMNS.map(({ numeric }) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of report.rows) table.push(COLUMNS.map(({ cell }) => cell(row)));
  table.push([...teacherCells(report)]);
  const { headline, caveats } = findings(report);
  return [table.toString(), headline, ...caveats.map((caveat) => `- ${caveat}`)].join('\n');
}
