/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * [k, n] to [n / 8][k][8], filled with zeros where 8 does not divide n.
 */
export function packFilter(from: usize, to: usize, k: i32, n: i32): void {
  for (let block = 0; block < n; block += 8) {
    for (let i = 0; i < k; i++) {
      const row = from + <usize>(i * n + block) * FLOAT_BYTES;
      for (let e = 0; e < 8; e++) {
        store<f32>(to, block + e < n ? load<f32>(row + <usize>e * FLOAT_BYTES) : 0);
        to += FLOAT_BYTES;
      }
    }
  }
}

/**
 * The taps of a filter [height, width, channels, n] that one phase of the gradient of the input sees, reversed in space
 * and with channels and n swapped, packed like {@link packFilter}: taps v = row + stride * i, u = column + stride * j.
 */
export function packPhase(
  from: usize,
  to: usize,
  height: i32,
  width: i32,
  channels: i32,
  n: i32,
  row: i32,
  column: i32,
  rowStride: i32,
  columnStride: i32,
): void {
  const lastRow = row + ((height - 1 - row) / rowStride) * rowStride;
  const lastColumn = column + ((width - 1 - column) / columnStride) * columnStride;
  for (let block = 0; block < channels; block += 8) {
    for (let u = lastRow; u >= row; u -= rowStride) {
      for (let v = lastColumn; v >= column; v -= columnStride) {
        const tap = from + <usize>((u * width + v) * channels * n) * FLOAT_BYTES;
        for (let d = 0; d < n; d++) {
          for (let e = block; e < block + 8; e++) {
            store<f32>(to, e < channels ? load<f32>(tap + <usize>(e * n + d) * FLOAT_BYTES) : 0);
            to += FLOAT_BYTES;
          }
        }
      }
    }
  }
}
