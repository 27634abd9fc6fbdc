import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { GridGroup, LayerMaps } from '../map/index.js';
import { topMask } from './top-mask.js';

/**
 * Per image and run of equally shaped teacher layers the medoid: 1 for the layer whose energy map has the largest mean cosine
 * with those of its run (ties to the earlier one), else 0.
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
      const likeness = tf.mean<Tensor2D>(tf.matMul(mine, mine, false, true), 2);
      return topMask<Tensor2D>(likeness, 1);
    });
    return tf.concat2d(gates, 1);
  });
}

/** Runs of consecutive layers of one shape, by their places. */
export function runsOfOneShape(shapes: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const runs: number[][] = [];
  shapes.forEach((shape, layer) => {
    const before = shapes[layer - 1];
    if (before !== undefined && shape.join() === before.join()) runs.at(-1)?.push(layer);
    else runs.push([layer]);
  });
  return runs;
}
