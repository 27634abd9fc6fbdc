/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { pad } from './pad';
import { Tile } from './tile';

/** What {@link convolve} reads of one pass over its input; a struct of i32 in the memory. */
@unmanaged
class Pass {
  /** The filter, as `packFilter` leaves it. */
  filter: usize;
  /** First row and column of the padded input that the filter sees. */
  row: i32;
  column: i32;
  /** Rows of the filter, and columns times channels. */
  height: i32;
  width: i32;
  /** Where in an image of the output the first pixel goes, and the steps from row to row and column to column (f32). */
  out: i32;
  outRow: i32;
  outColumn: i32;
  /** Rows and columns of output. */
  rows: i32;
  columns: i32;
}

/**
 * Convolution of the images `first` to `last - 1` of x [.., height, width, channels], padded to [paddedHeight,
 * paddedWidth], by one filter or several (`passes`) that write to different pixels of y [.., outImage f32], n channels.
 * Where `clear` is set, pixels that no pass writes to become 0. `bias` is 0 or [n up to a multiple of 8]; `relu` cuts at 0.
 *
 * `scratch` takes one padded image and 8 (stride * channels + 8) f32 more, which are read but never matter.
 */
export function convolve(
  x: usize,
  y: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  paddedHeight: i32,
  paddedWidth: i32,
  rowStride: i32,
  columnStride: i32,
  passes: usize,
  passCount: i32,
  n: i32,
  outImage: i32,
  clear: i32,
  bias: usize,
  relu: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const image = <usize>(height * width * channels) * FLOAT_BYTES;
  const pixel = <usize>channels * FLOAT_BYTES;
  const paddedRow = <usize>paddedWidth * pixel;
  const columnStep = <usize>columnStride * pixel;
  for (let at = first; at < last; at++) {
    pad(x + <usize>at * image, scratch, height, width, channels, top, left, paddedHeight, paddedWidth);
    const out = y + <usize>at * <usize>outImage * FLOAT_BYTES;
    if (clear) memory.fill(out, 0, <usize>outImage * FLOAT_BYTES);
    for (let p = 0; p < passCount; p++) {
      const pass = changetype<Pass>(passes + <usize>p * offsetof<Pass>());
      const blockBytes = <usize>(pass.height * pass.width) * 32;
      const outColumn = <usize>pass.outColumn * FLOAT_BYTES;
      let filter = pass.filter;
      for (let d = 0; d < n; d += 8, filter += blockBytes) {
        const channelsLeft = n - d;
        for (let row = 0; row < pass.rows; row++) {
          let a = scratch + <usize>(pass.row + row * rowStride) * paddedRow + <usize>pass.column * pixel;
          let to = out + <usize>(pass.out + row * pass.outRow + d) * FLOAT_BYTES;
          for (let column = 0; column < pass.columns; column += 4) {
            Tile.add(
              a,
              columnStep,
              FLOAT_BYTES,
              paddedRow,
              filter,
              32,
              pass.height,
              pass.width,
              to,
              outColumn,
              pass.columns - column,
              channelsLeft,
              false,
              bias ? bias + <usize>d * FLOAT_BYTES : 0,
              relu,
            );
            a += 4 * columnStep;
            to += 4 * outColumn;
          }
        }
      }
    }
  }
}
