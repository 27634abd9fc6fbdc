import * as tf from '@tensorflow/tfjs-core';
import type { ConvWindow } from './conv-window.js';

/** Rows of zeros before and after an axis; a negative number removes as many rows instead. */
export type Margins = readonly [before: number, after: number];

/** `x` [n, h, w, c] without the rows and columns that negative margins remove. */
export function crop(x: tf.Tensor4D, vertical: Margins, horizontal: Margins): tf.Tensor4D {
  if (Math.min(...vertical, ...horizontal) >= 0) return x;
  const [batch, height, width, channels] = x.shape;
  const kept = ([before, after]: Margins, size: number): [number, number] => {
    const start = Math.max(-before, 0);
    return [start, size - start - Math.max(-after, 0)];
  };
  const [top, rows] = kept(vertical, height);
  const [left, columns] = kept(horizontal, width);
  return tf.slice(x, [0, top, left, 0], [batch, rows, columns, channels]);
}

/** The positive margins as explicit padding of a convolution; {@link crop} handles the negative ones. */
export function explicitPadding(vertical: Margins, horizontal: Margins): tf.backend_util.ExplicitPadding {
  const positive = ([before, after]: Margins): [number, number] => [Math.max(before, 0), Math.max(after, 0)];
  return [[0, 0], positive(vertical), positive(horizontal), [0, 0]];
}

/**
 * Margins of one axis of an input, `size` long, of which a window at `outSize` positions reads the first to the last row.
 *
 * A row more would cost the gradient of the filter a whole row of results that are thrown away.
 */
export function readMargins(window: ConvWindow, axis: 0 | 1, size: number, outSize: number): Margins {
  const before = window.before[axis];
  return [before, window.stride[axis] * (outSize - 1) + window.kernel[axis] - size - before];
}
