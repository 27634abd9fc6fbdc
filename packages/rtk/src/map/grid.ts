import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** Height and width of a feature map. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** The layers of one network that share a grid, by their place in the list of layers. */
export interface GridGroup extends Grid {
  readonly layers: readonly number[];
}

/** Layers by grid, in the order in which grids appear; a grid that appears again joins its group. */
export function groupByGrid(layers: readonly Grid[]): readonly GridGroup[] {
  const groups = new Map<string, { height: number; width: number; layers: number[] }>();
  layers.forEach(({ height, width }, layer) => {
    const key = `${height}x${width}`;
    const group = groups.get(key) ?? { height, width, layers: [] };
    group.layers.push(layer);
    groups.set(key, group);
  });
  return [...groups.values()];
}

/**
 * One axis of adaptive average pooling as a matrix: row i averages the inputs `floor(i·from/to) … ceil((i+1)·from/to) − 1`.
 * A whole ratio downwards is average pooling, upwards repetition; any other has windows that overlap.
 *
 * @returns `[to, from]`, rows sum to 1; the caller disposes it
 */
export function poolingMatrix(from: number, to: number): Tensor2D {
  const values = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const first = Math.floor((row * from) / to);
    const end = Math.ceil(((row + 1) * from) / to);
    values.fill(1 / (end - first), row * from + first, row * from + end);
  }
  return tf.tensor2d(values, [to, from]);
}

/**
 * Adaptive average pooling between any two grids, larger or smaller, by one constant matrix per axis: `R X Cᵀ`.
 *
 * @param maps `[n, h, w]`
 * @returns `[n, to.height, to.width]`
 * @see PyTorch's `adaptive_avg_pool2d`, which the base method's code resamples with, upwards too
 */
export function adaptiveAveragePool(maps: Tensor3D, to: Grid): Tensor3D {
  const [, height, width] = maps.shape;
  if (height === to.height && width === to.width) return tf.clone(maps);
  return tf.tidy(() => {
    const [rows, columns] = [poolingMatrix(height, to.height), poolingMatrix(width, to.width)];
    const across = tf.matMul<tf.Tensor>(maps, columns, false, true);
    return tf.matMul<tf.Tensor>(rows, across) as Tensor3D;
  });
}
