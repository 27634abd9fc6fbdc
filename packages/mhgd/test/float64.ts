/** Eigenvectors of a symmetric matrix in float64 by cyclic Jacobi rotations, of falling eigenvalue. */
function jacobiEigen(symmetric: number[][]): { values: number[]; vectors: number[][] } {
  const size = symmetric.length;
  const a = symmetric.map((row) => [...row]);
  const v = a.map((_, i) => a.map((__, j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0;
  for (let sweep = 0; sweep < 50; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(at(a, p, q)) < 1e-300) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const matrix of [a, v]) {
          for (const row of matrix) {
            const [left, right] = [row[p] ?? 0, row[q] ?? 0];
            row[p] = c * left - s * right;
            row[q] = s * left + c * right;
          }
        }
        const [rowP, rowQ] = [a[p] ?? [], a[q] ?? []];
        for (let k = 0; k < size; k++) {
          const [upper, lower] = [rowP[k] ?? 0, rowQ[k] ?? 0];
          rowP[k] = c * upper - s * lower;
          rowQ[k] = s * upper + c * lower;
        }
      }
    }
  }
  const order = a.map((_, i) => i).sort((i, j) => at(a, j, j) - at(a, i, i));
  return {
    values: order.map((i) => at(a, i, i)),
    vectors: order.map((i) => v.map((row) => row[i] ?? 0)),
  };
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/**
 * The i-th right singular vector of X and the gradient of `g · v_i` by the full sum over all others, in float64:
 * `w = Σ_{j ≠ i} v_j (v_j·g) / (λ_i − λ_j)`, `(X v) wᵀ + (X w) vᵀ`.
 */
export function jacobiGradient(
  x: readonly (readonly number[])[],
  index: number,
  cotangent: readonly number[],
): { vector: number[]; gradient: number[][] } {
  const channels = x[0]?.length ?? 0;
  const column = (at: number): number[] => x.map((row) => row[at] ?? 0);
  const gram = Array.from({ length: channels }, (_, i) =>
    Array.from({ length: channels }, (__, j) => dot(column(i), column(j))),
  );
  const { values, vectors } = jacobiEigen(gram);
  const vector = vectors[index] ?? [];
  const w = Array<number>(channels).fill(0);
  vectors.forEach((other, j) => {
    if (j === index) return;
    const factor = dot(other, cotangent) / ((values[index] ?? 0) - (values[j] ?? 0));
    other.forEach((value, at) => (w[at] = (w[at] ?? 0) + factor * value));
  });
  const gradient = x.map((row) => {
    const [xv, xw] = [dot(row, vector), dot(row, w)];
    return row.map((_, at) => xv * (w[at] ?? 0) + xw * (vector[at] ?? 0));
  });
  return { vector, gradient };
}
