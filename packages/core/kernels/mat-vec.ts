/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Products of a matrix [rows, inner] and a vector [inner] each, for the products `first` to `last - 1`; the matrix lies as
 * [inner, rows] where `transposed` is set. `matrixStep` and `vectorStep` are the steps from one to the next (f32), 0 where
 * all products share one.
 */
export function matVec(
  matrix: usize,
  vector: usize,
  out: usize,
  rows: i32,
  inner: i32,
  matrixStep: i32,
  vectorStep: i32,
  transposed: i32,
  first: i32,
  last: i32,
): void {
  for (let item = first; item < last; item++) {
    const from = matrix + <usize>(item * matrixStep) * FLOAT_BYTES;
    const by = vector + <usize>(item * vectorStep) * FLOAT_BYTES;
    const to = out + <usize>(item * rows) * FLOAT_BYTES;
    if (transposed) addColumns(from, by, to, rows, inner);
    else addRows(from, by, to, rows, inner);
  }
}

/** Row by row: the numbers of a row lie side by side. */
function addRows(matrix: usize, vector: usize, out: usize, rows: i32, inner: i32): void {
  const whole = inner & ~3;
  for (let row = 0; row < rows; row++, out += FLOAT_BYTES) {
    let sums = f32x4.splat(0);
    let i = 0;
    for (; i < whole; i += 4) {
      const at = <usize>i * FLOAT_BYTES;
      sums = f32x4.add(sums, f32x4.mul(v128.load(matrix + at), v128.load(vector + at)));
    }
    let sum =
      f32x4.extract_lane(sums, 0) +
      f32x4.extract_lane(sums, 1) +
      (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3));
    for (; i < inner; i++) {
      const at = <usize>i * FLOAT_BYTES;
      sum += load<f32>(matrix + at) * load<f32>(vector + at);
    }
    store<f32>(out, sum);
    matrix += <usize>inner * FLOAT_BYTES;
  }
}

/** Four rows at once: the numbers of a column lie side by side. */
function addColumns(matrix: usize, vector: usize, out: usize, rows: i32, inner: i32): void {
  const step = <usize>rows * FLOAT_BYTES;
  let row = 0;
  for (; row + 4 <= rows; row += 4, out += 16) {
    let from = matrix + <usize>row * FLOAT_BYTES;
    let sums = f32x4.splat(0);
    for (let i = 0; i < inner; i++, from += step) {
      const factor = v128.load32_splat(vector + <usize>i * FLOAT_BYTES);
      sums = f32x4.add(sums, f32x4.mul(v128.load(from), factor));
    }
    v128.store(out, sums);
  }
  for (; row < rows; row++, out += FLOAT_BYTES) {
    let from = matrix + <usize>row * FLOAT_BYTES;
    let sum: f32 = 0;
    for (let i = 0; i < inner; i++, from += step)
      sum += load<f32>(from) * load<f32>(vector + <usize>i * FLOAT_BYTES);
    store<f32>(out, sum);
  }
}
