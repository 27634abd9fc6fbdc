/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Gradient of a depthwise convolution by its input, of the images `first` to `last - 1`: dx [height, width, channels] from
 * dy [outHeight, outWidth, channels * multiplier] and filter [kernelHeight, kernelWidth, channels, multiplier].
 *
 * `scratch` takes two i32 for each tap of the filter.
 */
export function depthwiseInputGradient(
  dy: usize,
  filter: usize,
  dx: usize,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  top: i32,
  left: i32,
  rowStride: i32,
  columnStride: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  outHeight: i32,
  outWidth: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const products = channels * multiplier * <i32>FLOAT_BYTES;
  const pixel = <usize>channels * FLOAT_BYTES;
  dx += <usize>(first * height * width) * pixel;
  for (let n = first; n < last; n++) {
    const from = dy + <usize>(n * outHeight * outWidth * products);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, dx += pixel) {
        let end = scratch;
        for (let u = 0; u < kernelHeight; u++) {
          const i = outputOf(y + top - u, rowStride);
          if (i < 0 || i >= outHeight) continue;
          for (let v = 0; v < kernelWidth; v++) {
            const j = outputOf(x + left - v, columnStride);
            if (j < 0 || j >= outWidth) continue;
            store<i32>(end, (i * outWidth + j) * products);
            store<i32>(end, (u * kernelWidth + v) * products, 4);
            end += 8;
          }
        }
        addTaps(from, filter, dx, channels, multiplier, scratch, end);
      }
    }
  }
}

/** Position of the window whose first pixel is this one, -1 if the stride has none there. */
function outputOf(pixel: i32, stride: i32): i32 {
  return pixel >= 0 && pixel % stride == 0 ? pixel / stride : -1;
}

/** One pixel of dx: the sum over the taps, whose offsets in dy and in the filter stand from `taps` to `end`. */
function addTaps(
  dy: usize,
  filter: usize,
  dx: usize,
  channels: i32,
  multiplier: i32,
  taps: usize,
  end: usize,
): void {
  let c = 0;
  if (multiplier == 1) {
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c * FLOAT_BYTES;
      let sum = f32x4.splat(0);
      for (let tap = taps; tap < end; tap += 8) {
        const product = f32x4.mul(
          v128.load(dy + <usize>load<i32>(tap) + at),
          v128.load(filter + <usize>load<i32>(tap, 4) + at),
        );
        sum = f32x4.add(sum, product);
      }
      v128.store(dx + at, sum);
    }
  }
  for (; c < channels; c++) {
    let sum: f32 = 0;
    for (let tap = taps; tap < end; tap += 8) {
      for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
        const at = <usize>m * FLOAT_BYTES;
        sum += load<f32>(dy + <usize>load<i32>(tap) + at) * load<f32>(filter + <usize>load<i32>(tap, 4) + at);
      }
    }
    store<f32>(dx + <usize>c * FLOAT_BYTES, sum);
  }
}

/**
 * Gradient of a depthwise convolution by its filter, as one partial sum [kernelHeight, kernelWidth, channels, multiplier]
 * of each of the groups `first` to `last - 1`: the images group * groupSize up to (group + 1) * groupSize, at most `images`.
 */
export function depthwiseFilterGradient(
  x: usize,
  dy: usize,
  partial: usize,
  images: i32,
  groupSize: i32,
  height: i32,
  width: i32,
  channels: i32,
  multiplier: i32,
  top: i32,
  left: i32,
  rowStride: i32,
  columnStride: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  outHeight: i32,
  outWidth: i32,
  first: i32,
  last: i32,
): void {
  const pixel = <usize>channels * FLOAT_BYTES;
  const products = pixel * <usize>multiplier;
  const groupBytes = <usize>(kernelHeight * kernelWidth) * products;
  for (let group = first; group < last; group++) {
    const sums = partial + <usize>group * groupBytes;
    memory.fill(sums, 0, groupBytes);
    const end = min((group + 1) * groupSize, images);
    for (let n = group * groupSize; n < end; n++) {
      for (let i = 0; i < outHeight; i++) {
        const dyRow = dy + <usize>((n * outHeight + i) * outWidth) * products;
        for (let u = 0; u < kernelHeight; u++) {
          const row = i * rowStride + u - top;
          if (row < 0 || row >= height) continue;
          const xRow = x + <usize>((n * height + row) * width) * pixel;
          for (let v = 0; v < kernelWidth; v++) {
            // The positions at which this tap reads the row and not its padding.
            const shift = left - v;
            const from = shift > 0 ? (shift + columnStride - 1) / columnStride : 0;
            const count = min(floorDivide(width - 1 + shift, columnStride) + 1, outWidth) - from;
            if (count <= 0) continue;
            addRow(
              xRow + <usize>(from * columnStride - shift) * pixel,
              dyRow + <usize>from * products,
              sums + <usize>(u * kernelWidth + v) * products,
              count,
              <usize>columnStride * pixel,
              channels,
              multiplier,
            );
          }
        }
      }
    }
  }
}

function floorDivide(value: i32, by: i32): i32 {
  return value >= 0 ? value / by : -1;
}

/** sums [channels, multiplier] plus the products of `count` pixels of x, `step` bytes apart, and of dy. */
function addRow(
  x: usize,
  dy: usize,
  sums: usize,
  count: i32,
  step: usize,
  channels: i32,
  multiplier: i32,
): void {
  const dyStep = <usize>(channels * multiplier) * FLOAT_BYTES;
  let c = 0;
  if (multiplier == 1) {
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c * FLOAT_BYTES;
      let sum = v128.load(sums + at);
      let left = x + at;
      let right = dy + at;
      for (let j = 0; j < count; j++, left += step, right += dyStep) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(left), v128.load(right)));
      }
      v128.store(sums + at, sum);
    }
  }
  for (let product = c * multiplier; product < channels * multiplier; product++) {
    const at = <usize>product * FLOAT_BYTES;
    let sum = load<f32>(sums + at);
    let left = x + <usize>(product / multiplier) * FLOAT_BYTES;
    let right = dy + at;
    for (let j = 0; j < count; j++, left += step, right += dyStep) sum += load<f32>(left) * load<f32>(right);
    store<f32>(sums + at, sum);
  }
}
