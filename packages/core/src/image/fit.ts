import { expectOption, oneOf, wholeNumber } from '../option/index.js';
import type { Raster } from './raster.js';
import { swapsAxes, upright, withChannels } from './raster.js';
import type { Channels } from './raster.js';

/**
 * How an image is brought to the training size. `crop` scales it to cover the size and crops the centre;
 * `stretch` scales each side separately; `letterbox` scales it to fit inside and fills the rest with 0 (black,
 * or transparent).
 */
export type ResizeMode = 'crop' | 'stretch' | 'letterbox';
export const resizeModes = ['crop', 'stretch', 'letterbox'] as const satisfies readonly ResizeMode[];

export interface Fit {
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  readonly resize: ResizeMode;
}

/**
 * Resizes an image to the training size and turns it upright.
 *
 * Scales with a triangle filter. Enlarging is bilinear; for shrinking, the filter widens with the scale
 * (antialiased, as `antialias=True` in torchvision and BILINEAR in Pillow, to ±1 of 255). The arithmetic is the
 * same on every machine.
 *
 * @param orientation EXIF orientation, 1 to 8
 * @throws DistillError code `option` for wrong sizes, channels or modes, `data` for an invalid raster
 */
export function fitImage(raster: Raster, fit: Fit, orientation = 1): Raster {
  const { height, width, channels, resize } = Object(fit) as Fit;
  for (const [name, size] of Object.entries({ height, width }))
    expectOption(`fitImage, ${name}`, size, wholeNumber({ min: 1 }));
  expectOption('fitImage, resize', resize, oneOf(...resizeModes));
  expectOption('fitImage, orientation', orientation, wholeNumber());
  const source = withChannels(raster, channels);
  // Rotate after resizing, while the image is small.
  const [rows, columns] = swapsAxes(orientation) ? [width, height] : [height, width];
  return upright(laidOut(source, rows, columns, resize), orientation);
}

function laidOut(source: Raster, height: number, width: number, resize: ResizeMode): Raster {
  const whole: Box = { left: 0, top: 0, width: source.width, height: source.height };
  if (resize === 'stretch') return resample(source, whole, width, height);
  const [across, down] = [width / source.width, height / source.height];
  if (resize === 'crop') {
    const scale = Math.max(across, down);
    const [cutWidth, cutHeight] = [width / scale, height / scale];
    const [left, top] = [(source.width - cutWidth) / 2, (source.height - cutHeight) / 2];
    return resample(source, { left, top, width: cutWidth, height: cutHeight }, width, height);
  }
  const scale = Math.min(across, down);
  const inner = {
    width: Math.min(width, Math.max(1, Math.round(source.width * scale))),
    height: Math.min(height, Math.max(1, Math.round(source.height * scale))),
  };
  const { data } = resample(source, whole, inner.width, inner.height);
  const { channels } = source;
  const out = new Uint8Array(width * height * channels);
  const [top, left] = [Math.floor((height - inner.height) / 2), Math.floor((width - inner.width) / 2)];
  const row = inner.width * channels;
  for (let y = 0; y < inner.height; y++)
    out.set(data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels);
  return { width, height, channels, data: out };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Scales a box of the source: columns first, then rows, rounded once at the end. */
function resample(source: Raster, box: Box, width: number, height: number): Raster {
  const { channels, data } = source;
  const isWhole = box.width === width && box.height === height && Number.isInteger(box.left + box.top);
  if (isWhole && width === source.width && height === source.height) return source;
  const columns = filterTaps(box.left, box.width, width, source.width);
  const rows = filterTaps(box.top, box.height, height, source.height);
  const firstRow = rows.starts[0] ?? 0;
  const lastRow = (rows.starts[height - 1] ?? 0) + (rows.counts[height - 1] ?? 0);
  const line = width * channels;
  const narrow = new Float32Array((lastRow - firstRow) * line);
  for (let row = firstRow; row < lastRow; row++) {
    const to = (row - firstRow) * line;
    const from = row * source.width;
    for (let x = 0; x < width; x++) {
      const [start, count, weights] = [columns.starts[x] ?? 0, columns.counts[x] ?? 0, x * columns.most];
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = 0, at = (from + start) * channels + channel; tap < count; tap++, at += channels)
          sum += (data[at] as number) * (columns.weights[weights + tap] as number);
        narrow[to + x * channels + channel] = sum;
      }
    }
  }
  const out = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) {
    const [start, count, weights] = [(rows.starts[y] ?? 0) - firstRow, rows.counts[y] ?? 0, y * rows.most];
    for (let place = 0; place < line; place++) {
      let sum = 0.5;
      for (let tap = 0, at = start * line + place; tap < count; tap++, at += line)
        sum += (narrow[at] as number) * (rows.weights[weights + tap] as number);
      out[y * line + place] = Math.max(0, Math.min(255, Math.floor(sum)));
    }
  }
  return { width, height, channels, data: out };
}

/** For each new pixel along one axis: the old pixels that contribute, and their weights, which sum to 1. */
function filterTaps(
  from: number,
  length: number,
  size: number,
  available: number,
): { starts: Int32Array; counts: Int32Array; weights: Float64Array; most: number } {
  const scale = length / size;
  const support = Math.max(1, scale);
  const most = 2 * Math.ceil(support) + 1;
  const [starts, counts] = [new Int32Array(size), new Int32Array(size)];
  const weights = new Float64Array(size * most);
  for (let place = 0; place < size; place++) {
    const centre = from + (place + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(available, Math.floor(centre + support + 0.5));
    let sum = 0;
    for (let at = start; at < end; at++) {
      const weight = Math.max(0, 1 - Math.abs(at + 0.5 - centre) / support);
      weights[place * most + at - start] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < end - start; tap++)
      weights[place * most + tap] = (weights[place * most + tap] ?? 0) / sum;
    starts[place] = start;
    counts[place] = end - start;
  }
  return { starts, counts, weights, most };
}
