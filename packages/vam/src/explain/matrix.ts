/** Rows of numbers, row by row. */
export type Matrix = readonly (readonly number[])[];

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

/** A number for every pair of rows. */
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
