import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import type { LayerMaps } from '../map/index.js';
import type { Direction, SelectionRule } from '../options.js';
import { aboveUniform } from './above-uniform.js';
import { stageMedoids } from './stage-medoids.js';
import { topMask } from './top-mask.js';

/** A rule that is ready to run. */
export interface Selection {
  readonly rule: SelectionRule;
  readonly direction: Direction;
  /** k of `topk` and `bestMatch`. */
  readonly keep: number;
  /** Runs of equally shaped teacher layers, for `stageMedoid`. */
  readonly runs: readonly (readonly number[])[];
}

/** What a rule looks at. Q queries, K keys. */
export interface Candidates {
  /** Of the attention, `[batch, Q, K]`. */
  readonly logits: Tensor3D;
  /** Of the energy maps of every pair, `[batch, Q, K]`. */
  readonly cosines: () => Tensor3D;
  readonly teacher: LayerMaps;
}

/** What stays, 0 or 1; a part that is left out keeps everything. */
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
