import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { expectOption, expectShape, expectSizes, objectWith, poolingMatrix } from '@distilljs/core';

/** Height and width of a feature map. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** The layers of one network that share a grid, by their index in the list of layers. */
export interface GridGroup extends Grid {
  readonly layers: readonly number[];
}

/** Layers grouped by grid, in the order in which the grids first appear. */
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
 * Adaptive average pooling between any two grids, larger or smaller, by one constant matrix per axis: `R X Cᵀ`.
 *
 * @param maps `[n, h, w]`
 * @returns `[n, to.height, to.width]`
 * @throws DistillError code `shape`, or `option` for a value that is not a grid
 * @see PyTorch's `adaptive_avg_pool2d`, with which the base method's code resamples, also to larger grids
 */
export function adaptiveAveragePool(maps: Tensor3D, to: Grid): Tensor3D {
  expectShape('adaptiveAveragePool(maps)', maps, [null, null, null]);
  expectOption('adaptiveAveragePool(to)', to, objectWith('height', 'width'));
  expectSizes('adaptiveAveragePool', { height: to.height, width: to.width });
  const [, height, width] = maps.shape;
  if (height === to.height && width === to.width) return tf.clone(maps);
  return tf.tidy(() => {
    const [rows, columns] = [poolingMatrix(height, to.height), poolingMatrix(width, to.width)];
    const across = tf.matMul<tf.Tensor>(maps, columns, false, true);
    return tf.matMul<tf.Tensor>(rows, across) as Tensor3D;
  });
}
