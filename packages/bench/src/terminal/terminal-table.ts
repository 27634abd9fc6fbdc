import Table from 'cli-table3';
import { styled, widthOf } from './style.js';

/** A column of a table for a terminal. */
export interface TableColumn {
  readonly title: string;
  /** Whether cells are right-aligned numbers. */
  readonly numeric?: boolean;
  /** Whether text may wrap; such a column is narrowed before any column is dropped. */
  readonly wraps?: boolean;
  /** An essential column, which is dropped only after all others. */
  readonly vital?: boolean;
}

/** Smallest width of a wrapped column: narrower text is harder to read than none. */
const LEAST = 24;
/** Largest width of a wrapped column: more lines are easier to read than longer ones. */
const MOST = 60;
/** Width of a border with a space on either side. */
const FRAME = 3;

/**
 * A table no wider than the terminal. Texts are wrapped first; then columns are dropped from the right, vital ones last and the first
 * never. A line below names the dropped columns.
 *
 * @param rows texts by column
 * @param stream the target of the table; without a width, as in a pipe, nothing is dropped
 */
export function terminalTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  stream: NodeJS.WritableStream = process.stdout,
): string {
  const width = widthOf(stream);
  const natural = columns.map(({ title, wraps = false }, at) => {
    const longest = Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length));
    return wraps ? Math.min(longest, MOST) : longest;
  });
  const least = natural.map((wide, at) => (columns[at]?.wraps === true ? Math.min(wide, LEAST) : wide));
  const all = columns.map((_, at) => at);
  const from = (at: number): readonly number[] => (columns[at]?.vital === true ? [] : [at]);
  const order = [...all.slice(1).toReversed().flatMap(from), ...all.slice(1).toReversed()];
  let shown = all;
  for (const next of order) {
    if (totalWidth(shown.map((at) => least[at] ?? 0)) <= width) break;
    shown = shown.filter((at) => at !== next);
  }
  const of = <Value>(values: readonly Value[]): readonly Value[] =>
    values.filter((_, at) => shown.includes(at));
  const widths = narrowed(of(natural), of(least), width);
  const kept = of(columns);
  const table = new Table({
    head: kept.map(({ title }) => styled('heading', title, stream)),
    colAligns: kept.map(({ numeric }) => (numeric === true ? 'right' : 'left')),
    colWidths: widths.map((wide) => wide + FRAME - 1),
    wordWrap: true,
    style: { head: [], border: [], compact: !kept.some(({ wraps }) => wraps) },
  });
  for (const row of rows) table.push([...of(row)]);
  const left = columns.filter((column) => !kept.includes(column)).map(({ title }) => title);
  if (left.length === 0) return table.toString();
  return `${table.toString()}\n${styled('quiet', `Columns hidden because the terminal is too narrow: ${left.join(', ')}.`, stream)}`;
}

const totalWidth = (widths: readonly number[]): number => widths.reduce((sum, wide) => sum + wide + FRAME, 1);

/** Narrows the columns with the most room until the table fits. */
function narrowed(natural: readonly number[], least: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  while (totalWidth(widths) > width) {
    const spare = widths.map((wide, at) => wide - (least[at] ?? wide));
    const most = Math.max(...spare);
    if (most <= 0) break;
    const at = spare.indexOf(most);
    widths[at] = (widths[at] ?? 0) - 1;
  }
  return widths;
}
