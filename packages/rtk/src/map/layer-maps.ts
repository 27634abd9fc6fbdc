import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { adaptiveAveragePool } from './adaptive-average-pool.js';
import { groupByGrid } from './grid.js';
import type { Grid, GridGroup } from './grid.js';
import { mapSummary } from './map-summary.js';
import type { MapSummary } from './map-summary.js';
import { unitMaps } from './unit-maps.js';
import type { UnitMaps } from './unit-maps.js';

/** What is compared of one network's feature maps. */
export interface LayerMaps {
  /** Means over pixels, one `[batch, channels]` per layer. */
  readonly means: readonly Tensor2D[];
  readonly groups: readonly GridGroup[];
  /** Unit energy maps of the layers of one of {@link groups}, on their own grid. */
  readonly ofGroup: (group: GridGroup) => UnitMaps;
  /** Unit energy maps of all layers, in order, resampled to a grid. */
  readonly onGrid: (grid: Grid) => UnitMaps;
}

/**
 * Means and energy maps of a network's feature maps. Squares before pooling, unit length last. Call it, and what it returns,
 * inside `tf.tidy`.
 *
 * Energy maps of one grid are stacked, so that resampling and comparing take one operation per grid, not per layer.
 * @param features one `[batch, h, w, c]` per layer, after ReLU
 * @param constant true for the teacher's: nothing is recorded for gradients
 */
export function layerMaps(features: readonly FeatureMap[], constant: boolean): LayerMaps {
  const run: typeof withoutTape = constant ? withoutTape : (compute) => compute();
  const groups = groupByGrid(features.map(({ shape: [, height, width] }) => ({ height, width })));
  const batch = features[0]?.shape[0] ?? 0;
  const summaries = run(() => features.map((map) => mapSummary(map, constant)));
  const stacks = run(() =>
    groups.map(({ layers }) => {
      const energies = layers.map((layer) => (summaries[layer] as MapSummary).energy);
      return tf.stack(energies, 1) as Tensor3D;
    }),
  );
  return {
    groups,
    means: summaries.map(({ means }) => means),
    ofGroup: (group) => run(() => unitMaps(stacks[groups.indexOf(group)] as Tensor3D)),
    onGrid: (grid) =>
      run(() => {
        const resampled = groups.map(({ height, width, layers }, index) => {
          const stack = stacks[index] as Tensor3D;
          if (height === grid.height && width === grid.width) return stack;
          const maps = tf.reshape<tf.Rank.R3>(stack, [-1, height, width]);
          return tf.reshape<tf.Rank.R3>(adaptiveAveragePool(maps, grid), [batch, layers.length, -1]);
        });
        return unitMaps(joinInLayerOrder(resampled, groups));
      }),
  };
}

/**
 * Joins what was computed group by group, in the order of the layers.
 *
 * @param parts `[batch, layers of the group, …]` per group
 * @returns `[batch, layers, …]`
 */
export function joinInLayerOrder(parts: readonly Tensor3D[], groups: readonly GridGroup[]): Tensor3D {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const joined = tf.concat([...parts], 1);
  const places = groups.flatMap(({ layers }) => layers);
  if (places.every((layer, place) => layer === place)) return joined;
  const order = places.map((_, layer) => places.indexOf(layer));
  return tf.gather(joined, tf.tensor1d(order, 'int32'), 1);
}
