import { dataError } from '../bytes/byte-stream.js';
import type { Numbers } from '../bytes/numbers.js';

/** Axis lengths of an image array. */
export interface ImageAxes {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Distance between neighbours along each axis, in values. */
export interface ImageStrides {
  readonly image: number;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
}

/**
 * Reorders images with any order of axes to NHWC. Where each image is contiguous this happens in place: a dataset of
 * gigabytes is never in memory twice.
 */
export function interleaved<Values extends Uint8Array | Float32Array>(
  values: Values,
  axes: ImageAxes,
  strides: ImageStrides,
): Values {
  const { size, height, width, channels } = axes;
  const pixels = height * width * channels;
  const isBlock = strides.image === pixels || size === 1;
  const isInOrder =
    isBlock &&
    (strides.channel === 1 || channels === 1) &&
    (strides.column === channels || width === 1) &&
    (strides.row === width * channels || height === 1);
  if (isInOrder) return values;
  const result = isBlock ? values : new (values.constructor as new (length: number) => Values)(values.length);
  for (let image = 0; image < size; image++) {
    // Copied, because the block is about to be overwritten.
    const from = isBlock ? values.slice(image * pixels, (image + 1) * pixels) : values;
    let to = image * pixels;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        let at = (isBlock ? 0 : image * strides.image) + row * strides.row + column * strides.column;
        for (let channel = 0; channel < channels; channel++, at += strides.channel)
          result[to++] = from[at] ?? 0;
      }
    }
  }
  return result;
}

/** The values of black and white. */
export type ValueRange = readonly [black: number, white: number];

/**
 * Values as pixels of 0…255. Without a range, it is that of {@link rangeOf}.
 *
 * @param isFloat whether the values were stored as floats
 * @throws DistillError code `data` for values outside the range, or ones that no rule fits
 */
export function asPixels(
  { values, least, most }: Numbers,
  isFloat: boolean,
  range: ValueRange | undefined,
  where: string,
): Uint8Array | Float32Array {
  const [black, white] = range ?? rangeOf(least, most, isFloat, where);
  const rounding = isFloat ? ROUNDING * (white - black) : 0;
  if (!(least >= black && most <= white + rounding)) {
    const got = Number.isNaN(least) ? 'NaN among them' : `values from ${least} to ${most}`;
    const hint = Number.isNaN(least)
      ? 'Replace them before saving the arrays, or leave these images out.'
      : 'Say which numbers are black and white with dataset.range, e.g. [-1, 1].';
    throw dataError(where, `pixels from ${black} to ${white}`, got, hint);
  }
  if (black === 0 && white === 255 && most <= 255) return isFloat ? values : wholeBytes(values);
  const scale = 255 / (white - black);
  const scaled = values instanceof Float32Array ? values : Float32Array.from(values);
  for (let at = 0; at < scaled.length; at++) scaled[at] = Math.min(255, ((scaled[at] ?? 0) - black) * scale);
  return scaled;
}

/** Floats above 1 by no more than this are rounding. */
const ROUNDING = 1e-3;

/**
 * The range of values without one: integers up to 255 are bytes, integers up to 65,535 16-bit images, floats from 0 to 1
 * shares of white.
 *
 * @throws DistillError code `data` for floats that end between 1 and 2, which fit no rule
 */
export function rangeOf(least: number, most: number, isFloat: boolean, where: string): ValueRange {
  if (isFloat && least >= 0 && most > 1 + ROUNDING && most <= 2) {
    const hint = 'Say which numbers are black and white with dataset.range, e.g. [0, 1.5].';
    throw dataError(where, 'floats from 0 to 1, or from 0 to 255', `values from ${least} to ${most}`, hint);
  }
  if (isFloat) return least >= 0 && most <= 1 + ROUNDING ? [0, 1] : [0, 255];
  return least >= 0 && most > 255 && most <= 65_535 ? [0, 65_535] : [0, 255];
}

const wholeBytes = (values: Uint8Array | Float32Array): Uint8Array =>
  values instanceof Uint8Array ? values : Uint8Array.from(values);
