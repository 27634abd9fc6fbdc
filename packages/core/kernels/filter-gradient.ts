/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { pad } from './pad';
import { sumInOrder } from './sum-in-order';
import { Tile } from './tile';

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
  const pixel = <usize>channels * FLOAT_BYTES;
  const paddedRow = <usize>paddedWidth * pixel;
  const paddedN = (n + 7) & ~7;
  const m = kernelWidth * channels;
  const paddedM = (m + 3) & ~3;
  const groupBytes = <usize>(kernelHeight * paddedM * paddedN) * FLOAT_BYTES;
  const outPixel = <usize>paddedN * FLOAT_BYTES;
  const outImage = <usize>(outHeight * outWidth * n) * FLOAT_BYTES;
  const packedDy = scratch + <usize>paddedHeight * paddedRow + <usize>(64 * (channels + n)) * FLOAT_BYTES;
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
                a + <usize>i * FLOAT_BYTES,
                FLOAT_BYTES,
                <usize>columnStride * pixel,
                <usize>rowStride * paddedRow,
                b + <usize>d * FLOAT_BYTES,
                outPixel,
                rows,
                outWidth,
                to + <usize>i * outPixel + <usize>d * FLOAT_BYTES,
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
  const groupBytes = <usize>(kernelHeight * paddedM * paddedN) * FLOAT_BYTES;
  for (let u = 0; u < kernelHeight; u++) {
    for (let i = 0; i < m; i++) {
      const from = partial + <usize>((u * paddedM + i) * paddedN) * FLOAT_BYTES;
      sumInOrder(from, groupBytes, groups, to, n);
      to += <usize>n * FLOAT_BYTES;
    }
  }
}
