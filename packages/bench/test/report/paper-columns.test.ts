import { describe, expect, it } from 'vitest';
import { paperColumns, widthOf } from '../../src/report/page/wide-table.js';

describe('paperColumns', () => {
  const cells = widthOf(['85.04 ± 0.16', '9.10 ± 1.20']);

  it('measures a column by its longest cell, and its longest word', () => {
    expect(cells).toEqual({ letters: 12, word: 5 });
  });

  it('leaves a table whole that fits, if need be with text in several lines', () => {
    // 516 points less a heading of 10 letters, 10 · 4.5 + 7.5, leave 463.5: a column of words of 5 letters takes 30.
    expect(paperColumns(10, Array(15).fill(cells))).toEqual([Array.from({ length: 15 }, (_, at) => at)]);
  });

  it('makes several of one that does not, each column once and in order', () => {
    // Unbroken, a column takes 12 · 4.5 + 7.5 = 61.5: seven in each piece.
    const pieces = paperColumns(10, Array(16).fill(cells));
    expect(pieces.map(({ length }) => length)).toEqual([7, 7, 2]);
    expect(pieces.flat()).toEqual(Array.from({ length: 16 }, (_, at) => at));
  });

  it('gives a column that no paper has room for a piece of its own', () => {
    const huge = widthOf(['x'.repeat(1000)]);
    expect(paperColumns(5, [cells, huge, cells])).toEqual([[0], [1], [2]]);
    expect(paperColumns(5, [])).toEqual([[]]);
  });
});
