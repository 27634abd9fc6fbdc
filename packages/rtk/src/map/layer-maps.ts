import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  asFloats,
  aTensor,
  expectOption,
  expectShape,
  flag,
  listOf,
  objectWith,
  withoutTape,
} from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { adaptiveAveragePool, groupByGrid } from './grid.js';
import type { Grid, GridGroup } from './grid.js';

/** The two summaries of a feature map. */
export interface MapSummary {
  /** Where the map is active: `e[b, p] = Σ_c F[b, p, c]²`, `[batch, pixels]`. */
  readonly energy: Tensor2D;
  /** What it responds to: means over the pixels, `[batch, channels]`. */
  readonly means: Tensor2D;
}

/**
 * Energy and channel means of a feature map. Call it inside `tf.tidy`. The gradient is in closed form,
 * `dF = 2 F de + dc / P` with P pixels: two passes over the map, where tfjs's own would take nine.
 *
 * The base method's energy is the mean over channels; scaling to unit length cancels its factor 1/C.
 *
 * @param features `[batch, h, w, c]`
 * @param constant true where no gradient is needed
 * @throws DistillError code `shape`
 * @see Ji, Heo, Park, Show, Attend and Distill, AAAI 2021, following its code: the text has no square
 */
export function mapSummary(features: FeatureMap, constant: boolean): MapSummary {
  expectShape('mapSummary(features)', features, [null, null, null, null]);
  expectOption('mapSummary(constant)', constant, flag);
  const [batch, height, width, channels] = features.shape;
  const pixels = height * width;
  const summarize = (map: FeatureMap): [energy: Tensor2D, means: Tensor2D] => [
    tf.reshape(tf.sum(tf.square(map), 3), [batch, pixels]),
    tf.mean(map, [1, 2]),
  ];
  const parts = (both: tf.Tensor): [Tensor2D, Tensor2D] =>
    tf.split(both, [pixels, channels], 1) as [Tensor2D, Tensor2D];
  if (constant) {
    const [energy, means] = summarize(asFloats(features));
    return { energy, means };
  }
  const joined = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [map, save] = given as [FeatureMap, tf.GradSaveFunc];
    save([map]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [energy, means] = parts(dy);
        const slope = tf.reshape(tf.mul(energy, 2), [batch, height, width, 1]);
        const shift = tf.reshape(tf.mul(means, 1 / pixels), [batch, 1, 1, channels]);
        return tf.add(tf.mul(saved[0] as FeatureMap, slope), shift);
      });
    return { value: tf.concat(summarize(map), 1), gradFunc };
  })(asFloats(features));
  const [energy, means] = parts(joined);
  return { energy, means };
}

/** Squared length at which a map counts as zero: the square of the 1e-12 of PyTorch's `normalize`. */
const ZERO_SQUARED_LENGTH = 1e-24;

/** Energy maps of several layers on one grid, flattened and scaled to unit length. */
export interface UnitMaps {
  /** `[batch, layers, pixels]`: each row has length 1, or is all zero. */
  readonly units: Tensor3D;
  /** Squared lengths of {@link units}, `[batch, layers, 1]`: 0 where a map is all zero (a dead layer), else 1. */
  readonly alive: Tensor3D;
}

/**
 * `v = e / ‖e‖₂` per layer and image. A map of zeros stays zero and gets no gradient. Call it inside `tf.tidy`.
 *
 * @param maps `[batch, layers, pixels]`, at least 0
 * @throws DistillError code `shape`
 */
export function unitMaps(maps: Tensor3D): UnitMaps {
  expectShape('unitMaps(maps)', maps, [null, null, null]);
  const [inverse, alive] = withoutTape(() =>
    tf.tidy((): [Tensor3D, Tensor3D] => {
      const squared = tf.sum<Tensor3D>(tf.square(maps), 2, true);
      const floored: Tensor3D = tf.maximum(squared, ZERO_SQUARED_LENGTH);
      const inverse: Tensor3D = tf.rsqrt(floored);
      return [inverse, tf.div(squared, floored)];
    }),
  );
  const units = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [map, save] = given as [Tensor3D, tf.GradSaveFunc];
    const value = tf.mul<Tensor3D>(map, inverse);
    save([value, inverse, alive]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [unit, scale, isAlive] = saved as [Tensor3D, Tensor3D, Tensor3D];
        const along = tf.sum(tf.mul(dy, unit), 2, true);
        return tf.mul(tf.mul(scale, isAlive), tf.sub(dy, tf.mul(unit, along)));
      });
    return { value, gradFunc };
  })(maps);
  return { units, alive };
}

/** The summaries of one network's feature maps that are compared. */
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
 * @param images expected batch size; null for any
 * @returns the batch size
 * @throws DistillError code `option` for anything that {@link layerMaps} would not return, `shape` for another batch
 *   size
 */
export function expectLayerMaps(where: string, maps: LayerMaps, images: number | null = null): number {
  expectOption(where, maps, objectWith('means', 'groups', 'ofGroup', 'onGrid'));
  expectOption(`${where}.means`, maps.means, listOf(aTensor, 1));
  const [first] = maps.means as readonly [Tensor2D];
  expectShape(`${where}.means[0]`, first, [images, null]);
  return first.shape[0];
}

/**
 * Means and energy maps of a network's feature maps. The maps are squared before any pooling, and scaled to unit length
 * last. Call it, and the functions that it returns, inside `tf.tidy`.
 *
 * @param features one `[batch, h, w, c]` per layer, after ReLU
 * @param constant true for the teacher's maps: nothing is recorded for gradients
 * @throws DistillError code `shape` for maps of another rank or batch size, `option` without maps
 */
export function layerMaps(features: readonly FeatureMap[], constant: boolean): LayerMaps {
  expectOption('layerMaps(features)', features, listOf(aTensor, 1));
  expectOption('layerMaps(constant)', constant, flag);
  features.forEach((map, layer) => {
    const images = (features[0] as FeatureMap).shape[0];
    expectShape(`layerMaps(features)[${layer}]`, map, [images, null, null, null]);
  });
  const summarize = (): MapSummary[] => features.map((map) => mapSummary(map, constant));
  return mapsOfSummaries(
    constant ? withoutTape(summarize) : summarize(),
    features.map(({ shape: [, height, width] }) => ({ height, width })),
    constant,
  );
}

/**
 * {@link layerMaps} of maps that have been summarized already. Energy maps on the same grid are stacked, so that
 * resampling and comparing take one operation per grid, not per layer.
 *
 * @param summaries one per layer
 * @param grids height and width of each layer's map
 * @param constant true for the teacher's maps: nothing is recorded for gradients
 */
export function mapsOfSummaries(
  summaries: readonly MapSummary[],
  grids: readonly Grid[],
  constant: boolean,
): LayerMaps {
  const run: typeof withoutTape = constant ? withoutTape : (compute) => compute();
  const groups = groupByGrid(grids.map(({ height, width }) => ({ height, width })));
  const batch = summaries[0]?.means.shape[0] ?? 0;
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
 * Joins results computed per group, in the order of the layers.
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
