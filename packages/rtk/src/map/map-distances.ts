import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { expectOption, withoutTape } from '@distilljs/core';
import { attentionChecks } from '../options.js';
import type { MapDistance } from '../options.js';
import { expectLayerMaps, joinInLayerOrder } from './layer-maps.js';
import type { LayerMaps } from './layer-maps.js';

/** Cosines and distances of two networks' energy maps, pair by pair, both `[batch, layers, other layers]`. */
export interface MapDistances {
  /** Computed on call; constants. */
  readonly cosines: () => Tensor3D;
  readonly distances: Tensor3D;
}

/**
 * Distances between the unit energy maps v and w of every pair of layers, on the first network's grids. Call it inside
 * `tf.tidy`.
 *
 * `meanSquare`: `D = 1/P Σ_p (v_p − w_p)²` over the P pixels, in `[0, 2/P]`. It is computed as
 * `(‖v‖² + ‖w‖² − 2 v·w) / P` with lengths of 0 or 1: one matrix product per grid, and no tensor of pairs times pixels.
 * Rounding leaves about 2e-7/P.
 * `cosine`: `1 − v·w`.
 *
 * @throws DistillError code `shape` for another batch size, `option` for invalid maps and an unknown distance
 * @see Ji, Heo, Park, AAAI 2021, following its code: the text has the norm of the difference
 */
export function mapDistances(own: LayerMaps, other: LayerMaps, distance: MapDistance): MapDistances {
  const images = expectLayerMaps('mapDistances(own)', own);
  expectLayerMaps('mapDistances(other)', other, images);
  expectOption('mapDistances(distance)', distance, attentionChecks.distance);
  const perGrid = own.groups.map((group): [cosines: Tensor3D, distances: Tensor3D] => {
    const [mine, theirs] = [own.ofGroup(group), other.onGrid(group)];
    const cosines: Tensor3D = tf.matMul(mine.units, theirs.units, false, true);
    if (distance === 'cosine') return [cosines, tf.sub<Tensor3D>(1, cosines)];
    const lengths = withoutTape(() => tf.add(mine.alive, tf.transpose(theirs.alive, [0, 2, 1])));
    const gaps = tf.sub(lengths, tf.mul(cosines, 2));
    return [cosines, tf.mul<Tensor3D>(gaps, 1 / (group.height * group.width))];
  });
  const distances = joinInLayerOrder(
    perGrid.map(([, each]) => each),
    own.groups,
  );
  return {
    cosines: () =>
      withoutTape(() =>
        joinInLayerOrder(
          perGrid.map(([cosines]) => cosines),
          own.groups,
        ),
      ),
    // Rounding may leave the distance of equal maps just below 0.
    distances: tf.relu(distances),
  };
}
