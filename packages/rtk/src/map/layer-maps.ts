import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { adaptiveAveragePool } from './adaptive-average-pool.js';
import { energyMap } from './energy-map.js';
import { groupByGrid } from './grid.js';
import type { Grid, GridGroup } from './grid.js';
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
 * Means and energy maps of a network's feature maps. Squares before pooling, unit length last.
 *
 * Energy maps of one grid are stacked, so that resampling and comparing take one operation per grid, not per layer.
 * @param features one `[batch, h, w, c]` per layer, after ReLU
 * @param constant true for the teacher's: nothing is recorded for gradients
 */
export function layerMaps(features: readonly FeatureMap[], constant: boolean): LayerMaps {
  const run: typeof withoutTape = constant ? withoutTape : (compute) => compute();
  const groups = groupByGrid(features.map(({ shape: [, height, width] }) => ({ height, width })));
  const batch = features[0]?.shape[0] ?? 0;
  const stacks = run(() =>
    groups.map(({ layers }) =>
      tf.stack(
        layers.map((layer) => energyMap(features[layer] as FeatureMap)),
        1,
      ),
    ),
  );
  const flat = (stack: tf.Tensor): Tensor3D => tf.reshape(stack, [batch, stack.shape[1] ?? 0, -1]);
  return {
    groups,
    means: run(() => features.map((map) => tf.mean<Tensor2D>(map, [1, 2]))),
    ofGroup: (group) => run(() => unitMaps(flat(stacks[groups.indexOf(group)] as tf.Tensor))),
    onGrid: (grid) =>
      run(() => {
        const resampled = groups.map(({ height, width, layers }, index) => {
          const maps = tf.reshape<tf.Rank.R3>(stacks[index] as tf.Tensor, [-1, height, width]);
          return tf.reshape<tf.Rank.R3>(adaptiveAveragePool(maps, grid), [batch, layers.length, -1]);
        });
        return unitMaps(inLayerOrder(tf.concat(resampled, 1), groups));
      }),
  };
}

/**
 * Puts what was joined group after group back into the order of the layers.
 *
 * @param joined `[batch, layers, …]`
 */
export function inLayerOrder(joined: Tensor3D, groups: readonly GridGroup[]): Tensor3D {
  const places = groups.flatMap(({ layers }) => layers);
  if (places.every((layer, place) => layer === place)) return joined;
  const order = places.map((_, layer) => places.indexOf(layer));
  return tf.gather(joined, tf.tensor1d(order, 'int32'), 1);
}
