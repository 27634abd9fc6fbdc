import { DistillError, expectOption, objectWith, shownText } from '@distilljs/core';
import type { OptionCheck } from '@distilljs/core';

/** Embeddings of images: rows (`await tensor.array()`, `Float32Array`s), or one array of all values with the rows' width. */
export type EmbeddingRows = readonly ArrayLike<number>[] | FlatEmbeddings;

/** Embeddings in one array, row after row: `await tensor.data()` and `tensor.shape[1]`. */
export interface FlatEmbeddings {
  readonly data: ArrayLike<number>;
  readonly width: number;
}

/** Embeddings scaled to unit length, row after row. */
export interface UnitTable {
  readonly data: Float32Array;
  readonly width: number;
  /** Number of rows. */
  readonly size: number;
}

/**
 * Scales embeddings to unit length, so that an inner product is a cosine. A zero row stays zero: cosine 0 with all.
 *
 * @param where the argument's name, for messages
 * @throws DistillError code `shape` for rows of different widths, or values that do not fill whole rows; code `numeric`
 *   for NaN and Infinity
 */
export function unitTable(where: string, embeddings: EmbeddingRows): UnitTable {
  expectParts(where, embeddings, []);
  if (!('data' in embeddings)) expectEach(where, embeddings, aRow);
  else expectEach(`${where}.data`, embeddings.data, aNumber);
  const { data, width } = 'data' in embeddings ? copied(where, embeddings) : flattened(where, embeddings);
  const size = data.length / width;
  for (let row = 0; row < size; row++) {
    const values = data.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(length)) {
      throw new DistillError({
        code: 'numeric',
        where,
        expected: 'finite embeddings',
        got: `NaN or Infinity in row ${row}`,
      });
    }
    if (length > 0) values.forEach((value, axis) => (values[axis] = value / length));
  }
  return { data, width, size };
}

/** Cosine of row `a` of one table with row `b` of another, in `[−1, 1]` up to rounding. */
export function cosine(tableA: UnitTable, a: number, tableB: UnitTable, b: number): number {
  const { data: left, width } = tableA;
  const right = tableB.data;
  const startA = a * width;
  const startB = b * width;
  let sum = 0;
  for (let axis = 0; axis < width; axis++) sum += (left[startA + axis] ?? 0) * (right[startB + axis] ?? 0);
  return sum;
}

function copied(where: string, { data, width }: FlatEmbeddings): { data: Float32Array; width: number } {
  if (Number.isInteger(width) && width >= 1 && Number.isInteger(data.length / width))
    return { data: Float32Array.from(data), width };
  throw shapeError(
    where,
    `a multiple of the width ${shownText(width as never)} as number of values`,
    `${data.length} values`,
  );
}

function flattened(where: string, rows: readonly ArrayLike<number>[]): { data: Float32Array; width: number } {
  const width = rows[0]?.length ?? 1;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, position) => {
    if (row.length !== width) {
      throw shapeError(where, `rows of one width, ${width}`, `${row.length} values in row ${position}`);
    }
    expectEach(`${where}[${position}]`, row, aNumber);
    data.set(row, position * width);
  });
  return { data, width };
}

function shapeError(where: string, expected: string, got: string): DistillError {
  return new DistillError({ code: 'shape', where, expected, got });
}

/**
 * Throws unless there is one value (label, identity, camera) per row.
 *
 * @throws DistillError code `shape`
 */
export function expectLength(where: string, values: ArrayLike<number>, rows: number): void {
  // Callers without types may pass anything.
  const { length } = Object(values) as Partial<ArrayLike<number>>;
  if (length === rows) {
    expectEach(where, values, aLabel);
    return;
  }
  const got = shownText(length === undefined ? 'nothing' : (length as never));
  throw new DistillError({ code: 'shape', where, expected: `one value per row, ${rows}`, got });
}

/**
 * Throws unless both tables have the same width, or `other` is empty.
 *
 * @throws DistillError code `shape`
 */
export function expectSameWidth(where: string, table: UnitTable, other: UnitTable): void {
  if (table.width === other.width || other.size === 0) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `embeddings of the same width as the others, ${table.width}`,
    got: `${other.width}`,
    hint: 'Compare embeddings of one network only.',
  });
}

/**
 * Throws unless all rows have the given width and hold finite numbers.
 *
 * @param where function and argument, for the message
 * @throws DistillError code `shape` for a row of another width, `numeric` for NaN and Infinity
 */
export function expectRows(where: string, rows: readonly ArrayLike<number>[], width: number): void {
  expectEach(where, rows, aRow);
  rows.forEach((row, position) => {
    if (row.length !== width) {
      throw shapeError(where, `rows of one width, ${width}`, `${row.length} values in row ${position}`);
    }
    for (let axis = 0; axis < width; axis++) {
      if (Number.isFinite(row[axis])) continue;
      const got = `${shownText(row[axis] as never)} in row ${position}`;
      throw new DistillError({ code: 'numeric', where, expected: 'finite numbers', got });
    }
  });
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

export const aRow: OptionCheck = (value) => (isList(value) ? undefined : 'a list of numbers');
export const aNumber: OptionCheck = (value) => (typeof value === 'number' ? undefined : 'a number');
/** A label is a string or a finite number. NaN would match no label, not even itself. */
export const aLabel: OptionCheck = (value) =>
  typeof value === 'string' || Number.isFinite(value) ? undefined : 'a label';

/**
 * Throws unless `values` is a list or a typed array, and every entry passes the check.
 *
 * @throws DistillError code `option`
 */
export function expectEach(where: string, values: ArrayLike<unknown>, check: OptionCheck): void {
  const expected = `a list, each entry ${check(undefined) ?? 'any value'}`;
  expectOption(where, values, (value) => (isList(value) ? undefined : expected));
  // The entries of a typed array are numbers: checking millions of scores one by one would be slow.
  if (check === aNumber && ArrayBuffer.isView(values) && typeof values[0] === 'number') return;
  for (let place = 0; place < values.length; place++) {
    if (check(values[place]) === undefined) continue;
    const got = `${shownText(values[place] as never)} at place ${place}`;
    throw new DistillError({ code: 'option', where, expected, got });
  }
}

/**
 * Throws unless a value is an object with the given parts: callers without types may pass anything.
 *
 * @throws DistillError code `option`
 */
export function expectParts(where: string, given: unknown, parts: readonly string[]): void {
  const isObject = objectWith(...parts);
  expectOption(where, given, (value) =>
    parts.length === 0 && isObject(value) !== undefined
      ? 'a list, or an object of its parts'
      : isObject(value),
  );
}
