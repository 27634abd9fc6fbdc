import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import {
  expectOption,
  expectSameShape,
  expectShape,
  objectWith,
  wholeNumber,
  withoutTape,
} from '@distilljs/core';
import type { Scalar } from '@distilljs/core';
import { layerAttention } from './attention/index.js';
import type { AttentionWeights } from './attention/index.js';
import { expectLayerMaps, mapDistances } from './map/index.js';
import type { LayerMaps } from './map/index.js';
import { attentionChecks } from './options.js';
import type { AttentionOptions } from './options.js';
import { expectRuns, selectLayers } from './select.js';
import type { Kept, Selection } from './select.js';

/** Settings of {@link matchLayers}; `runs` come from `runsOfOneShape`. */
export interface Matching extends Selection, Pick<AttentionOptions, 'grid' | 'distance'> {}

/** How the layers of a batch are matched: Q querying layers, K key layers. */
export interface LayerMatch {
  /** Weight of each pair's distance, `[batch, Q, K]`. They sum to 1 over the kept keys of a kept query. */
  readonly attention: Tensor3D;
  /** Distance of each pair, `[batch, Q, K]`. */
  readonly distances: Tensor3D;
  readonly kept: Kept;
}

/** Far below every logit: its exponential is 0 in float32. */
const DROPPED = -1e9;

/**
 * Attention between the layers of two networks, and the distances that it weights. Call it inside `tf.tidy`.
 *
 * The attention over kept keys is the softmax over their logits, `α = a·M / Σ a·M` with the full attention a and the
 * mask M. Without renormalization, the loss would fall fastest by moving attention to dropped keys.
 *
 * @param teacher the teacher's maps, constants
 * @param student the student's maps
 * @throws DistillError code `shape`, or `option` for invalid maps, weights or settings
 */
export function matchLayers(
  teacher: LayerMaps,
  student: LayerMaps,
  weights: AttentionWeights,
  matching: Matching,
): LayerMatch {
  const images = expectLayerMaps('matchLayers(teacher)', teacher);
  expectLayerMaps('matchLayers(student)', student, images);
  expectMatching(matching, teacher.means.length);
  const teacherAsks = matching.direction === 'teacher-query';
  const [queries, keys] = teacherAsks ? [teacher, student] : [student, teacher];
  const { logits } = layerAttention(queries.means, keys.means, weights);
  const onTeacherGrid = matching.grid === 'teacher';
  const [own, other] = onTeacherGrid ? [teacher, student] : [student, teacher];
  const measured = mapDistances(own, other, matching.distance);
  const byQuery = (pairs: Tensor3D): Tensor3D =>
    onTeacherGrid === teacherAsks ? pairs : tf.transpose(pairs, [0, 2, 1]);
  const kept = selectLayers({ logits, cosines: () => byQuery(measured.cosines()), teacher }, matching);
  const attention = tf.softmax(
    kept.keys === undefined ? logits : tf.add<Tensor3D>(logits, tf.mul(tf.sub(1, kept.keys), DROPPED)),
  );
  return {
    attention: kept.queries === undefined ? attention : tf.mul(attention, kept.queries),
    distances: byQuery(measured.distances),
    kept,
  };
}

function expectMatching(matching: Matching, teacherMaps: number): void {
  const where = 'matchLayers(matching)';
  expectOption(where, matching, objectWith('direction', 'grid', 'distance', 'rule', 'keep', 'runs'));
  const { direction, grid, distance, rule, keep, runs } = matching;
  expectOption(`${where}.direction`, direction, attentionChecks.direction);
  expectOption(`${where}.grid`, grid, attentionChecks.grid);
  expectOption(`${where}.distance`, distance, attentionChecks.distance);
  expectOption(`${where}.rule`, rule, attentionChecks.select);
  expectOption(`${where}.keep`, keep, wholeNumber({ min: 1 }));
  expectRuns(`${where}.runs`, runs, teacherMaps);
}

/**
 * How strongly all querying student maps attend to the same stage of the teacher:
 * `max_r min_q Σ_{k in r} mean_b α[b, q, k]`, with r over the runs of equally shaped teacher maps. 1 when they all give
 * one stage all their attention, about 1 over the number of stages when they spread it. Without gradient.
 *
 * @param attention `[batch, student maps, teacher maps]`
 * @throws DistillError code `shape`, or `option` for runs of other maps
 */
export function stageAgreement(attention: Tensor3D, runs: Selection['runs']): Scalar {
  expectShape('stageAgreement(attention)', attention, [null, null, null]);
  expectRuns('stageAgreement(runs)', runs, attention.shape[2]);
  return withoutTape(() => {
    const keys = Array.from({ length: attention.shape[2] }, (_, key) => key);
    const isIn = tf.tensor2d(keys.map((key) => runs.map((run) => (run.includes(key) ? 1 : 0))));
    const perStage = tf.matMul(tf.mean<tf.Tensor2D>(attention, 0), isIn);
    return tf.max<Scalar>(tf.min(perStage, 0));
  });
}

/**
 * `L = Σ_q mean_b Σ_k α[b, q, k] · D[b, q, k]`: sum over the querying layers, mean over the batch.
 *
 * @throws DistillError code `shape` when attention and distances differ in shape
 * @see Ji, Heo, Park, Show, Attend and Distill, AAAI 2021 (base method); its use in `rtk` is reconstructed
 */
export function attentionLoss(match: LayerMatch): Scalar {
  expectOption('attentionLoss', match, objectWith('attention', 'distances'));
  const { attention, distances } = match;
  expectShape('attentionLoss(attention)', attention, [null, null, null]);
  expectSameShape('attentionLoss(attention)', attention, 'attentionLoss(distances)', distances);
  return tf.tidy(() => tf.div<Scalar>(tf.sum(tf.mul(attention, distances)), attention.shape[0]));
}
