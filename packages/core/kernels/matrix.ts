/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { packFilter } from './pack-filter';
import { Tile } from './tile';

/** [n, k] to [n / 8][k][8], filled with zeros where 8 does not divide n. */
function packTransposed(from: usize, to: usize, k: i32, n: i32): void {
  for (let block = 0; block < n; block += 8) {
    for (let i = 0; i < k; i++) {
      for (let e = block; e < block + 8; e++) {
        store<f32>(to, e < n ? load<f32>(from + <usize>(e * k + i) * FLOAT_BYTES) : 0);
        to += FLOAT_BYTES;
      }
    }
  }
}

/**
 * Matrix products out [.., m, n] = a [.., m, k] b [.., k, n], either of them transposed where its flag is set, for the
 * blocks `first` to `last - 1`. A matrix has `blocks` blocks of `blockRows` rows (a multiple of 4, the last what is left);
 * `aMatrix` and `bMatrix` are the steps from matrix to matrix (f32), 0 where all products share one.
 *
 * `scratch` takes k times n up to a multiple of 8 and 4 k f32: b packed, and the rows of a that are no whole tile.
 */
export function matMul(
  a: usize,
  b: usize,
  out: usize,
  m: i32,
  k: i32,
  n: i32,
  aMatrix: i32,
  bMatrix: i32,
  aTransposed: i32,
  bTransposed: i32,
  blocks: i32,
  blockRows: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const rest = scratch + <usize>(k * ((n + 7) & ~7)) * FLOAT_BYTES;
  const rowStep = aTransposed ? FLOAT_BYTES : <usize>k * FLOAT_BYTES;
  const innerStep = aTransposed ? <usize>m * FLOAT_BYTES : FLOAT_BYTES;
  let packed = -1;
  for (let item = first; item < last; item++) {
    const matrix = item / blocks;
    const source = bMatrix ? matrix : 0;
    if (source != packed) {
      const from = b + <usize>(source * bMatrix) * FLOAT_BYTES;
      if (bTransposed) packTransposed(from, scratch, k, n);
      else packFilter(from, scratch, k, n);
      packed = source;
    }
    const start = (item - matrix * blocks) * blockRows;
    const end = min(start + blockRows, m);
    const left = a + <usize>(matrix * aMatrix) * FLOAT_BYTES;
    for (let row = start; row < end; row += 4) {
      let from = left + <usize>row * rowStep;
      let tileStep = rowStep;
      let step = innerStep;
      if (row + 4 > end) {
        // A tile reads four rows; beyond the last one the memory may end.
        for (let i = 0; i < k; i++) {
          for (let t = 0; t < 4; t++) {
            const value = row + t < end ? load<f32>(from + <usize>t * rowStep + <usize>i * innerStep) : 0;
            store<f32>(rest + <usize>(i * 4 + t) * FLOAT_BYTES, value);
          }
        }
        from = rest;
        tileStep = FLOAT_BYTES;
        step = 4 * FLOAT_BYTES;
      }
      let block = scratch;
      let to = out + <usize>((matrix * m + row) * n) * FLOAT_BYTES;
      for (let d = 0; d < n; d += 8) {
        Tile.add(
          from,
          tileStep,
          step,
          0,
          block,
          32,
          1,
          k,
          to,
          <usize>n * FLOAT_BYTES,
          end - row,
          n - d,
          false,
          0,
          0,
        );
        block += <usize>k * 32;
        to += 32;
      }
    }
  }
}
