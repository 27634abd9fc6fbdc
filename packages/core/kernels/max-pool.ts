/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Gradient of max pooling, of the images `first` to `last - 1`: dx [height, width, channels] from x of the same shape and
 * dy [outHeight, outWidth, channels]. A window gives its dy to the first of its largest numbers; NaN is never the largest.
 *
 * `scratch` takes an i32 for each place of a window.
 */
export function maxPoolGradient(
  x: usize,
  dy: usize,
  dx: usize,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  windowHeight: i32,
  windowWidth: i32,
  rowStride: i32,
  columnStride: i32,
  top: i32,
  left: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const pixel = channels * <i32>FLOAT_BYTES;
  const imageBytes = <usize>(height * width * pixel);
  dy += <usize>(first * outHeight * outWidth * pixel);
  for (let n = first; n < last; n++) {
    const from = x + <usize>n * imageBytes;
    const to = dx + <usize>n * imageBytes;
    memory.fill(to, 0, imageBytes);
    for (let i = 0; i < outHeight; i++) {
      const row = i * rowStride - top;
      const lastRow = min(row + windowHeight, height);
      for (let j = 0; j < outWidth; j++, dy += <usize>pixel) {
        const column = j * columnStride - left;
        const lastColumn = min(column + windowWidth, width);
        let end = scratch;
        for (let r = max(row, 0); r < lastRow; r++) {
          for (let c = max(column, 0); c < lastColumn; c++, end += 4)
            store<i32>(end, (r * width + c) * pixel);
        }
        giveToLargest(from, dy, to, pixel, scratch, end);
      }
    }
  }
}

/** One window, whose pixels lie at the offsets that stand from `places` to `end`. */
function giveToLargest(x: usize, dy: usize, dx: usize, pixel: i32, places: usize, end: usize): void {
  let at = 0;
  for (; at + 16 <= pixel; at += 16) {
    let largest = f32x4.splat(-Infinity);
    let where = i32x4.splat(-1);
    for (let place = places; place < end; place += 4) {
      const offset = load<i32>(place);
      const value = v128.load(x + <usize>(offset + at));
      const above = f32x4.gt(value, largest);
      largest = v128.bitselect(value, largest, above);
      where = v128.bitselect(i32x4.splat(offset), where, above);
    }
    const gradient = v128.load(dy + <usize>at);
    for (let place = places; place < end; place += 4) {
      const offset = load<i32>(place);
      const to = dx + <usize>(offset + at);
      const share = v128.and(gradient, i32x4.eq(where, i32x4.splat(offset)));
      v128.store(to, f32x4.add(v128.load(to), share));
    }
  }
  for (; at < pixel; at += 4) {
    let largest: f32 = -Infinity;
    let where = -1;
    for (let place = places; place < end; place += 4) {
      const offset = load<i32>(place);
      const value = load<f32>(x + <usize>(offset + at));
      if (value > largest) {
        largest = value;
        where = offset;
      }
    }
    if (where < 0) continue;
    const to = dx + <usize>(where + at);
    store<f32>(to, load<f32>(to) + load<f32>(dy + <usize>at));
  }
}
