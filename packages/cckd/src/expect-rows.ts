import { DistillError } from '@distilljs/core';

/**
 * Throws unless all rows have one width and hold finite numbers.
 *
 * @param where function and argument, for the message
 * @throws DistillError code `shape` for a row of another width, `numeric` for NaN and Infinity
 */
export function expectRows(where: string, rows: readonly ArrayLike<number>[], width: number): void {
  rows.forEach((row, position) => {
    if (row.length !== width) {
      const got = `${row.length} values in row ${position}`;
      throw new DistillError({ code: 'shape', where, expected: `rows of one width, ${width}`, got });
    }
    for (let axis = 0; axis < width; axis++) {
      if (Number.isFinite(row[axis])) continue;
      const got = `${row[axis]} in row ${position}`;
      throw new DistillError({ code: 'numeric', where, expected: 'finite numbers', got });
    }
  });
}
