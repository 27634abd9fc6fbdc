import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  asFloats,
  DistillError,
  expectOption,
  expectShape,
  expectSizes,
  expectTensor,
  listOf,
  wholeNumber,
  withoutTape,
} from '@distilljs/core';
import type { Tensor } from '@distilljs/core';
import { expectLayerMaps } from './map/index.js';
import type { GridGroup, LayerMaps } from './map/index.js';
import type { Direction, SelectionRule } from './options.js';

/**
 * 1 at the k largest entries along the last axis, else 0; ties go to the lower index. Without gradient.
 *
 * @param scores `[…, n]`
 * @param keep k; from n on, all entries are 1
 * @throws DistillError code `shape`, or `option` for a k that is not a whole number above 0
 */
export function topMask<T extends Tensor>(scores: T, keep: number): T {
  expectTensor('topMask(scores)', scores);
  if (scores.rank === 0) expectShape('topMask(scores)', scores, [null]);
  expectSizes('topMask', { keep });
  return tf.tidy(() => {
    const size = scores.shape.at(-1) ?? 1;
    if (keep >= size) return tf.onesLike(scores);
    const { indices } = tf.topk(scores, keep);
    return tf.cast<T>(tf.sum<T>(tf.oneHot(indices, size), -2), 'float32');
  });
}

/**
 * 1 where the attention is at least `1/K`, the uniform share; else 0. At least one key per query is kept.
 *
 * @param logits `[batch, Q, K]`
 * @returns `[batch, Q, K]`
 * @throws DistillError code `shape`
 */
export function aboveUniform(logits: Tensor3D): Tensor3D {
  expectShape('aboveUniform(logits)', logits, [null, null, null]);
  return tf.tidy(() => {
    const attention = tf.softmax(asFloats(logits));
    // Rounding may put all of K equal shares below 1/K.
    const threshold = tf.minimum(1 / logits.shape[2], tf.max(attention, 2, true));
    return tf.cast(tf.greaterEqual<Tensor3D>(attention, threshold), 'float32');
  });
}

/**
 * The medoid per image and run of equally shaped teacher layers: 1 for the layer whose energy map has the largest mean
 * cosine with the others of its run, else 0. Ties go to the earlier layer, so a run of two keeps its first.
 *
 * @param teacher the teacher's energy maps
 * @param runs layer indices of each run
 * @returns `[batch, teacher layers]`
 * @throws DistillError code `option` for invalid maps, and for runs of other maps
 */
export function stageMedoids(teacher: LayerMaps, runs: readonly (readonly number[])[]): Tensor2D {
  expectLayerMaps('stageMedoids(teacher)', teacher);
  expectRuns('stageMedoids(runs)', runs, teacher.means.length);
  return tf.tidy(() => {
    const gates = runs.map((run) => {
      const first = run[0] ?? 0;
      const group = teacher.groups.find(({ layers }) => layers.includes(first)) as GridGroup;
      const place = group.layers.indexOf(first);
      if (run.some((layer, at) => layer !== group.layers[place + at])) throw notOneShape(run);
      const { units } = teacher.ofGroup(group);
      const mine = tf.slice(units, [0, place, 0], [-1, run.length, -1]);
      // A map's cosine with itself is 1 up to rounding, which would decide ties.
      const others = tf.sub(1, tf.eye(run.length));
      const likeness = tf.mean<Tensor2D>(tf.mul(tf.matMul(mine, mine, false, true), others), 2);
      return topMask<Tensor2D>(likeness, 1);
    });
    return tf.concat2d(gates, 1);
  });
}

const notOneShape = (run: readonly number[]): DistillError =>
  new DistillError({
    code: 'option',
    where: 'stageMedoids(runs)',
    expected: 'runs of neighbours on one grid, as runsOfOneShape finds them',
    got: `[${run.join(', ')}]`,
  });

/** @throws DistillError code `option` unless `runs` are lists of indices below `layers` */
export function expectRuns(where: string, runs: readonly (readonly number[])[], layers: number): void {
  expectOption(where, runs, listOf(listOf(wholeNumber({ min: 0, max: layers - 1 }), 1), 1));
}

/**
 * Runs of consecutive layers with the same shape, as lists of layer indices: the `runs` of a `Matching`.
 *
 * @param shapes of the teacher's maps in order, e.g. `[height, width, channels]`
 * @throws DistillError code `option` for values that are not shapes
 */
export function runsOfOneShape(shapes: readonly (readonly number[])[]): readonly (readonly number[])[] {
  expectOption('runsOfOneShape(shapes)', shapes, listOf(listOf(wholeNumber({ min: 1 }))));
  const runs: number[][] = [];
  shapes.forEach((shape, layer) => {
    const before = shapes[layer - 1];
    if (before !== undefined && shape.join() === before.join()) runs.at(-1)?.push(layer);
    else runs.push([layer]);
  });
  return runs;
}

/** A selection rule with its settings. */
export interface Selection {
  readonly rule: SelectionRule;
  readonly direction: Direction;
  /** k of `topk` and `bestMatch`. */
  readonly keep: number;
  /** Runs of equally shaped teacher layers, for `stageMedoid`. */
  readonly runs: readonly (readonly number[])[];
}

/** Inputs of a rule, for Q queries and K keys. */
export interface Candidates {
  /** Logits of the attention, `[batch, Q, K]`. */
  readonly logits: Tensor3D;
  /** Cosines of the energy maps of every pair, `[batch, Q, K]`; computed on call. */
  readonly cosines: () => Tensor3D;
  readonly teacher: LayerMaps;
}

/** Masks of the kept layers, 0 or 1; a mask that is left out keeps everything. */
export interface Kept {
  /** `[batch, Q or 1, K]`: the others are dropped from the attention of their query. */
  readonly keys?: Tensor3D;
  /** `[batch, Q, 1]`: the others contribute nothing. */
  readonly queries?: Tensor3D;
}

/** Applies a selection rule (see `AttentionOptions.select`). Without gradient. */
export function selectLayers(candidates: Candidates, { rule, direction, keep, runs }: Selection): Kept {
  const { logits, cosines, teacher } = candidates;
  const teacherAsks = direction === 'teacher-query';
  const ofTeacher = (mask: Tensor2D): Kept =>
    teacherAsks ? { queries: tf.expandDims(mask, 2) } : { keys: tf.expandDims(mask, 1) };
  return withoutTape(() => {
    switch (rule) {
      case 'none':
        return {};
      case 'topk':
        return { keys: topMask(logits, keep) };
      case 'aboveUniform':
        return { keys: aboveUniform(logits) };
      case 'stageMedoid':
        return ofTeacher(stageMedoids(teacher, runs));
      case 'bestMatch':
        return ofTeacher(topMask(tf.max<Tensor2D>(cosines(), teacherAsks ? 2 : 1), keep));
    }
  });
}
