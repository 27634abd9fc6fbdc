import { DistillError, shapeText, shownText } from '@distilljs/core';

/** A matrix as a list of rows. */
export type Matrix = readonly (readonly number[])[];

/**
 * @param columns expected number of columns; left out: any number above 0
 * @throws DistillError code `shape` unless `given` is a list of rows of numbers, all of one length
 */
export function expectMatrix(where: string, given: Matrix, columns?: number): void {
  const rows = Array.isArray(given) ? (given as readonly unknown[]) : [];
  const width = columns ?? (Array.isArray(rows[0]) ? rows[0].length : 0);
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) &&
    row.length === width &&
    row.every((value) => typeof value === 'number' && value < Infinity);
  if (rows.length > 0 && width > 0 && rows.every(isRow)) return;
  const wrong = rows.find((row) => !isRow(row));
  throw new DistillError({
    code: 'shape',
    where,
    expected: `rows of numbers, ${shapeText([null, columns ?? null])}`,
    got:
      rows.length === 0
        ? 'no rows'
        : Array.isArray(wrong)
          ? `a row of ${wrong.length}: ${shown(wrong)}`
          : typeof wrong,
  });
}

/** The first values of a row. Callers without types may pass anything. */
const shown = (row: readonly unknown[]): string =>
  row
    .slice(0, 4)
    .map((value) => shownText(value as string))
    .join(', ') + (row.length > 4 ? ', …' : '');

/** @throws DistillError code `shape` unless every row is a distribution: values of at least 0 with a sum of 1 (±1e-3) */
export function expectDistributions(where: string, given: Matrix): void {
  expectMatrix(where, given);
  const wrong = given.find(
    (row) => row.some((value) => value < 0) || Math.abs(mean(row) * row.length - 1) > 1e-3,
  );
  if (wrong === undefined) return;
  const got = `a row of ${shown(wrong)}`;
  throw new DistillError({ code: 'shape', where, expected: 'rows of at least 0 with a sum of 1', got });
}

/**
 * Throws unless the children of each level are the parents of the next.
 *
 * @throws DistillError code `shape` without levels, and for levels that do not match each other
 */
export function expectLevels(where: string, levels: readonly Matrix[]): void {
  const given: unknown = levels;
  if (!Array.isArray(given) || given.length === 0)
    throw new DistillError({
      code: 'shape',
      where,
      expected: 'attention of at least one level',
      got: Array.isArray(given) ? 'none' : shownText(given as string),
    });
  levels.forEach((level, at) => {
    expectMatrix(`${where}[${at}]`, level, at === 0 ? undefined : levels[at - 1]?.length);
  });
}

/** Softmax of every row of `Θ / τ`. */
export function softmaxRows(theta: Matrix, temperature: number): number[][] {
  return theta.map((row) => {
    const largest = Math.max(...row);
    const exponentials = row.map((value) => Math.exp((value - largest) / temperature));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    return exponentials.map((value) => value / sum);
  });
}

/** `A · B`. */
export function product(a: Matrix, b: Matrix): number[][] {
  const columns = b[0]?.length ?? 0;
  return a.map((row) =>
    Array.from({ length: columns }, (_, column) =>
      row.reduce((sum, value, at) => sum + value * (b[at]?.[column] ?? 0), 0),
    ),
  );
}

/** `measure` of every pair of rows, `[rows][rows]`. */
export function pairwise(
  rows: Matrix,
  measure: (a: readonly number[], b: readonly number[]) => number,
): number[][] {
  return rows.map((a) => rows.map((b) => measure(a, b)));
}

/** Cosine of two rows; 0 where one of them is all 0. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  const scale = Math.sqrt(dot(a, a) * dot(b, b));
  return scale === 0 ? 0 : dot(a, b) / scale;
}

/** Jensen–Shannon divergence of two distributions in nats, 0 to ln 2. */
export function jensenShannon(a: readonly number[], b: readonly number[]): number {
  const half = (p: readonly number[], q: readonly number[]): number =>
    p.reduce(
      (sum, value, at) => sum + (value > 0 ? value * Math.log((2 * value) / (value + (q[at] ?? 0))) : 0),
      0,
    );
  return Math.max(0, (half(a, b) + half(b, a)) / 2);
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
