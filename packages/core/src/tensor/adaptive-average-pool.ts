import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { expectOption, expectSizes, objectWith } from '../option/index.js';
import { expectShape } from './expect-shape.js';
import type { FeatureMap } from './names.js';

/**
 * One axis of adaptive average pooling as a matrix: row i averages the inputs
 * `floor(i·from/to) … ceil((i+1)·from/to) − 1`. An integer ratio is plain average pooling downwards and
 * repetition upwards; other ratios have overlapping windows.
 *
 * @returns `[to, from]`, rows sum to 1; the caller disposes it
 */
export function poolingMatrix(from: number, to: number): Tensor2D {
  expectSizes('poolingMatrix', { from, to });
  const values = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const first = Math.floor((row * from) / to);
    const end = Math.ceil(((row + 1) * from) / to);
    values.fill(1 / (end - first), row * from + first, row * from + end);
  }
  return tf.tensor2d(values, [to, from]);
}

/**
 * Adaptive average pooling of feature maps to a larger or smaller grid, by one constant matrix per axis.
 *
 * @param map `[n, h, w, c]`
 * @returns `[n, to.height, to.width, c]`; the map itself if the grids are the same
 * @see PyTorch's `adaptive_avg_pool2d`
 */
export function adaptiveAveragePool(
  map: FeatureMap,
  to: { readonly height: number; readonly width: number },
): FeatureMap {
  expectShape('adaptiveAveragePool', map, [null, null, null, null]);
  expectOption('adaptiveAveragePool(to)', to, objectWith('height', 'width'));
  const [images, height, width, channels] = map.shape;
  if (height === to.height && width === to.width) return map;
  return tf.tidy(() => {
    const rows = tf.reshape(map, [images, height, width * channels]);
    const down = tf.matMul<tf.Tensor>(poolingMatrix(height, to.height), rows) as Tensor3D;
    const columns = tf.reshape(down, [images * to.height, width, channels]);
    const across = tf.matMul<tf.Tensor>(poolingMatrix(width, to.width), columns);
    return tf.reshape(across, [images, to.height, to.width, channels]);
  });
}
