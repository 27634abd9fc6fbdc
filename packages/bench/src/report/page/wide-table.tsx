import type { CSSProperties, VNode } from 'preact';
import { Scroll } from './parts.js';

/** What a column of a table needs, in letters of its text. */
export interface ColumnWidth {
  /** Of its longest cell. */
  readonly letters: number;
  /** Of the longest word of its cells: what it needs at least. */
  readonly word: number;
}

/** Points that a line of a printed table has, of A4 without its margins; those of a letter, and of the space around a cell. */
const PAPER = { line: 516, letter: 4.5, cell: 7.5 };
/** Row headings of more letters than this go on in the next line, on paper and where a window is narrow. */
const HEADING = 24;
/** An upright heading of more letters than this stands in several lines. */
const UPRIGHT = 26;

/** What a column takes whose cells these are. */
export function widthOf(cells: readonly string[]): ColumnWidth {
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  return { letters: longest(cells), word: longest(cells.flatMap((text) => text.split(' '))) };
}

/** What a column takes whose heading stands upright above short cells. */
export function uprightWidth(heading: string, cells: readonly string[]): ColumnWidth {
  const letters = Math.max(widthOf(cells).letters, 2.2 * Math.ceil(heading.length / UPRIGHT));
  return { letters, word: letters };
}

/**
 * The columns of a table as paper has room for them: all together where they fit, if need be with text in several lines,
 * and otherwise one table after the other, each with the row headings.
 *
 * @param heading letters of the longest row heading
 */
export function paperColumns(
  heading: number,
  columns: readonly ColumnWidth[],
): readonly (readonly number[])[] {
  const points = (letters: number): number => PAPER.letter * letters + PAPER.cell;
  const room = PAPER.line - points(Math.min(heading, HEADING));
  const all = columns.map((_, at) => at);
  if (columns.reduce((sum, { word }) => sum + points(word), 0) <= room) return [all];
  const pieces: number[][] = [];
  let left = 0;
  for (const [at, { letters }] of columns.entries()) {
    const last = pieces.at(-1);
    if (last === undefined || left < points(letters)) {
      pieces.push([at]);
      left = room;
    } else last.push(at);
    left -= points(letters);
  }
  return pieces;
}

/** How narrow row headings may get. */
export const headingStyle = (letters: number): CSSProperties => ({
  '--heading': `${1.1 * Math.min(letters, HEADING)}ch`,
});

/**
 * A table that a window scrolls by itself and leaves the page in place. On paper, where nothing scrolls, a table without room
 * for all of its columns is several.
 *
 * @param heading letters of the longest row heading
 * @param table draws the columns of these numbers; the style belongs to its table; a copy for paper needs no buttons
 */
export function WideTable({
  label,
  heading,
  columns,
  table,
}: {
  readonly label: string;
  readonly heading: number;
  readonly columns: readonly ColumnWidth[];
  readonly table: (shown: readonly number[], style: CSSProperties, isCopy: boolean) => VNode;
}): VNode {
  const style = headingStyle(heading);
  const all = columns.map((_, at) => at);
  const pieces = paperColumns(heading, columns);
  if (pieces.length <= 1) return <Scroll label={label}>{table(all, style, false)}</Scroll>;
  return (
    <>
      <div class="screen">
        <Scroll label={label}>{table(all, style, false)}</Scroll>
      </div>
      <div class="paper">{pieces.map((shown) => table(shown, style, true))}</div>
    </>
  );
}
