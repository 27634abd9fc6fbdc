import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { GridGroup, LayerMaps } from '../map/index.js';
import { topMask } from './top-mask.js';

/**
 * Per image and run of equally shaped teacher layers the medoid: 1 for the layer whose energy map has the largest mean cosine
 * with the others of its run, else 0. Ties go to the earlier layer: the first of every run of two, the only one of a run of one.
 *
 * @param teacher its energy maps
 * @param runs the layers of each run, by their places
 * @returns `[batch, teacher layers]`
 */
export function stageMedoids(teacher: LayerMaps, runs: readonly (readonly number[])[]): Tensor2D {
  return tf.tidy(() => {
    const gates = runs.map((run) => {
      const first = run[0] ?? 0;
      const group = teacher.groups.find(({ layers }) => layers.includes(first)) as GridGroup;
      const { units } = teacher.ofGroup(group);
      const mine = tf.slice(units, [0, group.layers.indexOf(first), 0], [-1, run.length, -1]);
      // A map's cosine with itself is 1 up to rounding, which would decide ties.
      const others = tf.sub(1, tf.eye(run.length));
      const likeness = tf.mean<Tensor2D>(tf.mul(tf.matMul(mine, mine, false, true), others), 2);
      return topMask<Tensor2D>(likeness, 1);
    });
    return tf.concat2d(gates, 1);
  });
}

/**
 * Runs of consecutive layers of one shape, by their places: the `runs` of a `Matching`.
 *
 * @param shapes of the teacher's maps in order, e.g. `[height, width, channels]`
 */
export function runsOfOneShape(shapes: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  shapes.forEach((shape, layer) => {
    const before = shapes[layer - 1];
    if (before !== undefined && shape.join() === before.join()) runs.at(-1)?.push(layer);
    else runs.push([layer]);
  });
  return runs;
}
