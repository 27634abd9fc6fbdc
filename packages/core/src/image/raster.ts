import { describeValue, DistillError } from '../error/index.js';
import { expectOption, oneOf, wholeNumber } from '../option/index.js';

/** Pixels of one image, 8 bits per channel, row by row (HWC): grey, grey with alpha, RGB, or RGBA. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array;
}

/** Channels that an image can be trained with: grey, RGB, RGBA. */
export type Channels = 1 | 3 | 4;

/** @throws DistillError code `data` for a raster whose data do not match its size */
export function expectRaster(where: string, given: unknown): asserts given is Raster {
  const { width, height, channels, data } = Object(given) as Partial<Record<keyof Raster, unknown>>;
  const size = [width, height, channels].reduce<number>(
    (product, axis) =>
      Number.isSafeInteger(axis) && (axis as number) >= 1 ? product * (axis as number) : NaN,
    1,
  );
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (isBytes && data.length === size && (channels as number) <= 4) return;
  const got = isBytes
    ? `${data.length} bytes for ${[height, width, channels].map(describeValue).join('×')}`
    : describeValue(given);
  const expected = 'a raster { width, height, channels, data } with one byte per value';
  throw new DistillError({ code: 'data', where, expected, got });
}

/**
 * Converts an image to other channels. Without alpha in the result, transparent pixels are blended over white.
 * With alpha, opaque images get 255, and colours are not premultiplied. Grey is 0.299 R + 0.587 G + 0.114 B.
 */
export function withChannels(raster: Raster, channels: Channels): Raster {
  expectRaster('withChannels', raster);
  expectOption('withChannels, channels', channels, oneOf(1, 3, 4));
  const { width, height, channels: from, data } = raster;
  if (from === channels) return raster;
  const out = new Uint8Array(width * height * channels);
  const isGrey = from < 3;
  const hasAlpha = from === 2 || from === 4;
  for (let at = 0, to = 0; at < data.length; at += from, to += channels) {
    let red = data[at] ?? 0;
    let green = isGrey ? red : (data[at + 1] ?? 0);
    let blue = isGrey ? red : (data[at + 2] ?? 0);
    const alpha = hasAlpha ? (data[at + from - 1] ?? 0) : 255;
    if (channels !== 4 && alpha !== 255) {
      const overWhite = (value: number): number => Math.round((value * alpha + 255 * (255 - alpha)) / 255);
      [red, green, blue] = [overWhite(red), overWhite(green), overWhite(blue)];
    }
    if (channels === 1) {
      out[to] = isGrey ? red : Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      continue;
    }
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
    if (channels === 4) out[to + 3] = alpha;
  }
  return { width, height, channels, data: out };
}

/** True for the EXIF orientations that swap rows and columns. */
export const swapsAxes = (orientation: number): boolean => orientation >= 5 && orientation <= 8;

/**
 * Rotates and mirrors an image so that it is upright.
 *
 * @param orientation EXIF orientation, 1 to 8: where the first stored row and column belong. Other integers,
 *   which occur in files, change nothing
 * @throws DistillError code `data` for an invalid raster, `option` for an orientation that is no whole number
 */
export function upright(raster: Raster, orientation: number): Raster {
  expectRaster('upright', raster);
  expectOption('upright, orientation', orientation, wholeNumber());
  if (orientation <= 1 || orientation > 8) return raster;
  const { width: stored, height: storedRows, channels, data } = raster;
  const swaps = swapsAxes(orientation);
  const [width, height] = swaps ? [storedRows, stored] : [stored, storedRows];
  // The stored first row belongs to the top or left, or (from the end) to the bottom or right; the first column likewise.
  const rowFromEnd = [3, 4, 6, 7].includes(orientation);
  const columnFromEnd = [2, 3, 7, 8].includes(orientation);
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const [row, column] = swaps ? [x, y] : [y, x];
      const fromRow = rowFromEnd ? storedRows - 1 - row : row;
      const fromColumn = columnFromEnd ? stored - 1 - column : column;
      const from = (fromRow * stored + fromColumn) * channels;
      for (let channel = 0; channel < channels; channel++) out[to + channel] = data[from + channel] ?? 0;
    }
  }
  return { width, height, channels, data: out };
}
