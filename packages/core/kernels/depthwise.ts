/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Gradient of a depthwise convolution by its input, of the images `first` to `last - 1`: dx [height, width, channels] from
 * dy [outHeight, outWidth, channels * multiplier] and filter [kernelHeight, kernelWidth, channels, multiplier].
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
  first: i32,
  last: i32,
): void {
  const image = <usize>(height * width * channels) * FLOAT_BYTES;
  const outImage = <usize>(outHeight * outWidth * channels * multiplier) * FLOAT_BYTES;
  for (let n = first; n < last; n++) {
    const to = dx + <usize>n * image;
    memory.fill(to, 0, image);
    overTaps(
      false,
      to,
      dy + <usize>n * outImage,
      filter,
      height,
      width,
      channels,
      multiplier,
      top,
      left,
      rowStride,
      columnStride,
      kernelHeight,
      kernelWidth,
      outHeight,
      outWidth,
    );
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
  const image = <usize>(height * width * channels) * FLOAT_BYTES;
  const outImage = <usize>(outHeight * outWidth * channels * multiplier) * FLOAT_BYTES;
  const groupBytes = <usize>(kernelHeight * kernelWidth * channels * multiplier) * FLOAT_BYTES;
  for (let group = first; group < last; group++) {
    const sums = partial + <usize>group * groupBytes;
    memory.fill(sums, 0, groupBytes);
    const end = min((group + 1) * groupSize, images);
    for (let n = group * groupSize; n < end; n++) {
      overTaps(
        true,
        x + <usize>n * image,
        dy + <usize>n * outImage,
        sums,
        height,
        width,
        channels,
        multiplier,
        top,
        left,
        rowStride,
        columnStride,
        kernelHeight,
        kernelWidth,
        outHeight,
        outWidth,
      );
    }
  }
}

/**
 * What one image adds to the gradient, row by row of dy and tap by tap of the filter: to that of the filter (x * dy) or to
 * that of the input x (dy * filter).
 */
function overTaps(
  toFilter: bool,
  x: usize,
  dy: usize,
  filter: usize,
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
): void {
  const pixel = <usize>channels * FLOAT_BYTES;
  const products = pixel * <usize>multiplier;
  const step = <usize>columnStride * pixel;
  for (let i = 0; i < outHeight; i++, dy += <usize>outWidth * products) {
    for (let u = 0; u < kernelHeight; u++) {
      const row = i * rowStride + u - top;
      if (row < 0 || row >= height) continue;
      for (let v = 0; v < kernelWidth; v++) {
        // The positions at which this tap reads the row and not its padding.
        const shift = left - v;
        const from = shift > 0 ? (shift + columnStride - 1) / columnStride : 0;
        const reach = width - 1 + shift;
        const count = reach < 0 ? 0 : min(reach / columnStride + 1, outWidth) - from;
        if (count <= 0) continue;
        const pixels = x + <usize>(row * width + from * columnStride - shift) * pixel;
        const gradients = dy + <usize>from * products;
        const tap = filter + <usize>(u * kernelWidth + v) * products;
        if (toFilter) addToTap(pixels, gradients, tap, count, step, channels, multiplier);
        else addToPixels(pixels, gradients, tap, count, step, channels, multiplier);
      }
    }
  }
}

/** tap [channels, multiplier] plus the products of `count` pixels of x, `step` bytes apart, and of dy. */
function addToTap(
  x: usize,
  dy: usize,
  tap: usize,
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
      let sum = v128.load(tap + at);
      let pixel = x + at;
      let gradient = dy + at;
      for (let j = 0; j < count; j++, pixel += step, gradient += dyStep) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(pixel), v128.load(gradient)));
      }
      v128.store(tap + at, sum);
    }
  }
  for (let product = c * multiplier; product < channels * multiplier; product++) {
    const at = <usize>product * FLOAT_BYTES;
    let sum = load<f32>(tap + at);
    let pixel = x + <usize>(product / multiplier) * FLOAT_BYTES;
    let gradient = dy + at;
    for (let j = 0; j < count; j++, pixel += step, gradient += dyStep)
      sum += load<f32>(pixel) * load<f32>(gradient);
    store<f32>(tap + at, sum);
  }
}

/** `count` pixels of x [channels], `step` bytes apart, plus the products of dy and of tap [channels, multiplier]. */
function addToPixels(
  x: usize,
  dy: usize,
  tap: usize,
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
      const weights = v128.load(tap + at);
      let pixel = x + at;
      let gradient = dy + at;
      for (let j = 0; j < count; j++, pixel += step, gradient += dyStep) {
        v128.store(pixel, f32x4.add(v128.load(pixel), f32x4.mul(v128.load(gradient), weights)));
      }
    }
  }
  for (let product = c * multiplier; product < channels * multiplier; product++) {
    const at = <usize>product * FLOAT_BYTES;
    const weight = load<f32>(tap + at);
    let pixel = x + <usize>(product / multiplier) * FLOAT_BYTES;
    let gradient = dy + at;
    for (let j = 0; j < count; j++, pixel += step, gradient += dyStep)
      store<f32>(pixel, load<f32>(pixel) + load<f32>(gradient) * weight);
  }
}
