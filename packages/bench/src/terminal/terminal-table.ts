import Table from 'cli-table3';
import { styled, widthOf } from './style.js';

/** A column of a table for a terminal. */
export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly numeric?: boolean;
  /** Text that may take several lines; its column is made narrower before any is left out. */
  readonly wraps?: boolean;
}

/** Narrower than this, a wrapped text is harder to read than none. */
const LEAST = 24;
/** Wider than this, a wrapped text is harder to read than one of more lines. */
const MOST = 60;
/** A border and a space on either side. */
const FRAME = 3;

/**
 * A table that is no wider than the terminal: texts are wrapped, then columns are left out from the right (never the first),
 * and a line says which.
 *
 * @param rows texts by column
 * @param stream where the table goes. Without a width, as in a pipe, everything is there.
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
  let shown = columns.length;
  while (shown > 1 && totalWidth(least.slice(0, shown)) > width) shown--;
  const widths = narrowed(natural.slice(0, shown), least, width);
  const kept = columns.slice(0, shown);
  const table = new Table({
    head: kept.map(({ title }) => styled('heading', title, stream)),
    colAligns: kept.map(({ numeric }) => (numeric === true ? 'right' : 'left')),
    colWidths: widths.map((wide) => wide + FRAME - 1),
    wordWrap: true,
    style: { head: [], border: [], compact: !kept.some(({ wraps }) => wraps) },
  });
  for (const row of rows) table.push(row.slice(0, shown));
  const left = columns.slice(shown).map(({ title }) => title);
  if (left.length === 0) return table.toString();
  return `${table.toString()}\n${styled('quiet', `Not shown for want of width: ${left.join(', ')}.`, stream)}`;
}

const totalWidth = (widths: readonly number[]): number => widths.reduce((sum, wide) => sum + wide + FRAME, 1);

/** Takes what is too much from the widest that can give. */
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
