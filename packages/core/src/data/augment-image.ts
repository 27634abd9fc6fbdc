import { changeColors } from './change-colors.js';
import type { Scaling } from './change-colors.js';
import type { Dataset } from './dataset.js';
import type { View } from './draw-view.js';

type Shape = Dataset['imageShape'];

/** Writes a view of an image, normalized, to `into`. */
export function writeView(
  pixels: ArrayLike<number>,
  shape: Shape,
  view: View,
  padValue: number,
  scaling: Scaling,
  into: Float32Array,
): void {
  const isWhole = view.height === shape[0] && view.width === shape[1] && view.angle === 0;
  if (isWhole && view.colors.length === 0) {
    shiftImage(pixels, shape, view, padValue, scaling, into);
    return;
  }
  if (isWhole) shiftImage(pixels, shape, view, padValue, AS_PIXELS, into);
  else if (view.angle === 0) enlarge(pixels, shape, view, into);
  else resample(pixels, shape, view, padValue, into);
  changeColors(into, shape[2], view.colors, scaling);
}

const AS_PIXELS: Scaling = { scale: [], shift: [] };

/** Crops and mirrors by whole pixels. */
function shiftImage(
  pixels: ArrayLike<number>,
  [height, width, channels]: Shape,
  { top, left, mirrored }: View,
  padValue: number,
  { scale, shift }: Scaling,
  into: Float32Array,
): void {
  let to = 0;
  for (let row = 0; row < height; row++) {
    const fromRow = row + top;
    for (let column = 0; column < width; column++) {
      const fromColumn = (mirrored ? width - 1 - column : column) + left;
      const inside = fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width;
      const from = (fromRow * width + fromColumn) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const pixel = inside ? (pixels[from + channel] ?? 0) : padValue;
        into[to++] = pixel * (scale[channel] ?? 1) - (shift[channel] ?? 0);
      }
    }
  }
}

/**
 * Resizes a part inside the image to the image's size: {@link resample} without rotation, with precomputed
 * tables.
 */
function enlarge(
  pixels: ArrayLike<number>,
  [height, width, channels]: Shape,
  view: View,
  into: Float32Array,
): void {
  const columns = samples(view.width, width, view.mirrored);
  const rows = samples(view.height, height, false);
  const rowSize = width * channels;
  const corner = view.top * rowSize + view.left * channels;
  let to = 0;
  for (let row = 0; row < height; row++) {
    const upper = corner + (rows.first[row] as number) * rowSize;
    const lower = corner + (rows.second[row] as number) * rowSize;
    const partY = rows.part[row] as number;
    for (let column = 0; column < width; column++) {
      const first = (columns.first[column] as number) * channels;
      const second = (columns.second[column] as number) * channels;
      const partX = columns.part[column] as number;
      for (let channel = 0; channel < channels; channel++) {
        const a = pixels[upper + first + channel] as number;
        const b = pixels[upper + second + channel] as number;
        const c = pixels[lower + first + channel] as number;
        const d = pixels[lower + second + channel] as number;
        const above = a + (b - a) * partX;
        into[to++] = above + (c + (d - c) * partX - above) * partY;
      }
    }
  }
}

/**
 * Positions of `size` samples in a line of `part` pixels: the two neighbours, and the distance from the first.
 */
function samples(
  part: number,
  size: number,
  mirrored: boolean,
): { readonly first: Int32Array; readonly second: Int32Array; readonly part: Float64Array } {
  const found = { first: new Int32Array(size), second: new Int32Array(size), part: new Float64Array(size) };
  for (let at = 0; at < size; at++) {
    const place = ((mirrored ? size - 1 - at : at) + 0.5) * (part / size) - 0.5;
    const inside = Math.min(Math.max(place, 0), part - 1);
    const first = Math.floor(inside);
    found.first[at] = first;
    found.second[at] = Math.min(first + 1, part - 1);
    found.part[at] = inside - first;
  }
  return found;
}

/**
 * Crops, mirrors and rotates in one pass of bilinear samples (half-pixel centres), so that nothing is blurred
 * twice. Samples of a part do not read pixels around it; at the edge of a rotated image they blend into the
 * padding.
 */
function resample(
  pixels: ArrayLike<number>,
  [height, width, channels]: Shape,
  view: View,
  padValue: number,
  into: Float32Array,
): void {
  const { angle, mirrored, top, left } = view;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const middleY = (height - 1) / 2;
  const middleX = (width - 1) / 2;
  const stepY = view.height / height;
  const stepX = view.width / width;
  const lastY = view.height - 1;
  const lastX = view.width - 1;
  // A part inside the image needs no bounds checks.
  const isInside = top >= 0 && left >= 0 && top + lastY < height && left + lastX < width;
  const valueAt = (y: number, x: number, channel: number): number =>
    isInside || (y >= 0 && y < height && x >= 0 && x < width)
      ? (pixels[(y * width + x) * channels + channel] as number)
      : padValue;
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let y = row;
      let x = column;
      let shown = 1;
      if (angle !== 0) {
        y = middleY + cos * (row - middleY) + sin * (column - middleX);
        x = middleX - sin * (row - middleY) + cos * (column - middleX);
        shown = shareInside(y, height) * shareInside(x, width);
      }
      if (mirrored) x = width - 1 - x;
      const inY = Math.min(Math.max((y + 0.5) * stepY - 0.5, 0), lastY);
      const inX = Math.min(Math.max((x + 0.5) * stepX - 0.5, 0), lastX);
      const y0 = Math.floor(inY);
      const x0 = Math.floor(inX);
      const y1 = y0 < lastY ? y0 + 1 : y0;
      const x1 = x0 < lastX ? x0 + 1 : x0;
      const partY = inY - y0;
      const partX = inX - x0;
      for (let channel = 0; channel < channels; channel++) {
        const a = valueAt(top + y0, left + x0, channel);
        const b = valueAt(top + y0, left + x1, channel);
        const c = valueAt(top + y1, left + x0, channel);
        const d = valueAt(top + y1, left + x1, channel);
        const upper = a + (b - a) * partX;
        const value = upper + (c + (d - c) * partX - upper) * partY;
        into[to++] = shown === 1 ? value : padValue + (value - padValue) * shown;
      }
    }
  }
}

/** The fraction of a bilinear sample at `place` that lies on an image of `size` pixels. */
const shareInside = (place: number, size: number): number =>
  Math.min(Math.max(Math.min(place + 1, size - place), 0), 1);
