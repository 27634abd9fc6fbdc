/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { Tile } from './tile';

/** Bytes of one f32. */
const F: usize = 4;

/** What {@link convolve} reads of one pass over its input; a struct of i32 in the memory. */
@unmanaged
class Pass {
  /** The filter, as {@link packFilter} leaves it. */
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
 * [k, n] to [n / 8][k][8], filled with zeros where 8 does not divide n.
 */
export function packFilter(from: usize, to: usize, k: i32, n: i32): void {
  for (let block = 0; block < n; block += 8) {
    for (let i = 0; i < k; i++) {
      const row = from + <usize>(i * n + block) * F;
      for (let e = 0; e < 8; e++) {
        store<f32>(to, block + e < n ? load<f32>(row + <usize>e * F) : 0);
        to += F;
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
        const tap = from + <usize>((u * width + v) * channels * n) * F;
        for (let d = 0; d < n; d++) {
          for (let e = block; e < block + 8; e++) {
            store<f32>(to, e < channels ? load<f32>(tap + <usize>(e * n + d) * F) : 0);
            to += F;
          }
        }
      }
    }
  }
}

/** One image [height, width, channels] into the middle of [paddedHeight, paddedWidth, channels]; a negative margin crops. */
function pad(
  from: usize,
  to: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  paddedHeight: i32,
  paddedWidth: i32,
): void {
  const pixel = <usize>channels * F;
  const rowBytes = <usize>paddedWidth * pixel;
  const skipped = max(-left, 0);
  const before = max(left, 0);
  const copied = max(min(width - skipped, paddedWidth - before), 0);
  for (let row = 0; row < paddedHeight; row++, to += rowBytes) {
    const source = row - top;
    if (source < 0 || source >= height) {
      memory.fill(to, 0, rowBytes);
      continue;
    }
    memory.fill(to, 0, <usize>before * pixel);
    memory.copy(
      to + <usize>before * pixel,
      from + <usize>(source * width + skipped) * pixel,
      <usize>copied * pixel,
    );
    memory.fill(to + <usize>(before + copied) * pixel, 0, <usize>(paddedWidth - before - copied) * pixel);
  }
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
  const image = <usize>(height * width * channels) * F;
  const pixel = <usize>channels * F;
  const paddedRow = <usize>paddedWidth * pixel;
  const columnStep = <usize>columnStride * pixel;
  for (let at = first; at < last; at++) {
    pad(x + <usize>at * image, scratch, height, width, channels, top, left, paddedHeight, paddedWidth);
    const out = y + <usize>at * <usize>outImage * F;
    if (clear) memory.fill(out, 0, <usize>outImage * F);
    for (let p = 0; p < passCount; p++) {
      const pass = changetype<Pass>(passes + <usize>p * offsetof<Pass>());
      const blockBytes = <usize>(pass.height * pass.width) * 32;
      const outColumn = <usize>pass.outColumn * F;
      let filter = pass.filter;
      for (let d = 0; d < n; d += 8, filter += blockBytes) {
        const channelsLeft = n - d;
        for (let row = 0; row < pass.rows; row++) {
          let a = scratch + <usize>(pass.row + row * rowStride) * paddedRow + <usize>pass.column * pixel;
          let to = out + <usize>(pass.out + row * pass.outRow + d) * F;
          for (let column = 0; column < pass.columns; column += 4) {
            Tile.add(
              a,
              columnStep,
              F,
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
              bias ? bias + <usize>d * F : 0,
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

/** Pixels of one image that the gradient of a filter adds up before it adds them to the rest. */
const PIXELS = 128;

/**
 * Gradient of a filter [kernelHeight, kernelWidth, channels, n] over the images of some groups, one partial sum each.
 *
 * Group g has the images g * groupSize up to (g + 1) * groupSize, at most `images`; its sum [kernelHeight, m, padded n],
 * m = kernelWidth * channels up to a multiple of 4, n up to one of 8, goes to `partial` + g of these.
 * `scratch` takes one padded image, 64 (channels + n) f32 more, and one image of dy with n up to a multiple of 8.
 */
export function filterGradient(
  x: usize,
  dy: usize,
  partial: usize,
  images: i32,
  groupSize: i32,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  paddedHeight: i32,
  paddedWidth: i32,
  rowStride: i32,
  columnStride: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  outHeight: i32,
  outWidth: i32,
  n: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const pixel = <usize>channels * F;
  const paddedRow = <usize>paddedWidth * pixel;
  const paddedN = (n + 7) & ~7;
  const m = kernelWidth * channels;
  const paddedM = (m + 3) & ~3;
  const groupBytes = <usize>(kernelHeight * paddedM * paddedN) * F;
  const outPixel = <usize>paddedN * F;
  const outImage = <usize>(outHeight * outWidth * n) * F;
  const packedDy = scratch + <usize>paddedHeight * paddedRow + <usize>(64 * (channels + n)) * F;
  const rowsAtOnce = max(PIXELS / outWidth, 1);
  for (let group = first; group < last; group++) {
    const sums = partial + <usize>group * groupBytes;
    memory.fill(sums, 0, groupBytes);
    const end = min((group + 1) * groupSize, images);
    for (let at = group * groupSize; at < end; at++) {
      pad(
        x + <usize>(at * height * width) * pixel,
        scratch,
        height,
        width,
        channels,
        top,
        left,
        paddedHeight,
        paddedWidth,
      );
      let image = dy + <usize>at * outImage;
      if (n != paddedN) {
        pad(image, packedDy, outHeight * outWidth, n, 1, 0, 0, outHeight * outWidth, paddedN);
        image = packedDy;
      }
      for (let row = 0; row < outHeight; row += rowsAtOnce) {
        const rows = min(rowsAtOnce, outHeight - row);
        const b = image + <usize>(row * outWidth) * outPixel;
        for (let u = 0; u < kernelHeight; u++) {
          const a = scratch + <usize>(row * rowStride + u) * paddedRow;
          const to = sums + <usize>(u * paddedM) * outPixel;
          for (let d = 0; d < paddedN; d += 8) {
            for (let i = 0; i < m; i += 4) {
              Tile.add(
                a + <usize>i * F,
                F,
                <usize>columnStride * pixel,
                <usize>rowStride * paddedRow,
                b + <usize>d * F,
                outPixel,
                rows,
                outWidth,
                to + <usize>i * outPixel + <usize>d * F,
                outPixel,
                4,
                8,
                true,
                0,
                0,
              );
            }
          }
        }
      }
    }
  }
}

/** Adds up the partial sums of {@link filterGradient} in their order and leaves out what only fills them up. */
export function sumFilterGradient(
  partial: usize,
  to: usize,
  groups: i32,
  kernelHeight: i32,
  m: i32,
  n: i32,
): void {
  const paddedN = (n + 7) & ~7;
  const paddedM = (m + 3) & ~3;
  const groupBytes = <usize>(kernelHeight * paddedM * paddedN) * F;
  for (let u = 0; u < kernelHeight; u++) {
    for (let i = 0; i < m; i++) {
      let from = partial + <usize>((u * paddedM + i) * paddedN) * F;
      let d = 0;
      for (; d + 4 <= n; d += 4, from += 16, to += 16) {
        let sum = f32x4.splat(0);
        for (let g = 0; g < groups; g++) sum = f32x4.add(sum, v128.load(from + <usize>g * groupBytes));
        v128.store(to, sum);
      }
      for (; d < n; d++, from += F, to += F) {
        let sum: f32 = 0;
        for (let g = 0; g < groups; g++) sum += load<f32>(from + <usize>g * groupBytes);
        store<f32>(to, sum);
      }
    }
  }
}
