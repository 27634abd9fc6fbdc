import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Exhibit } from '@distilljs/core';
import type { LayerPair } from './layer-pair.js';
import type { LayerMatch } from './match-layers.js';

/** Means over a batch, both `[student maps, teacher maps]`. */
export interface MeanMatch {
  /** Mean weight of each pair. */
  readonly attention: Tensor2D;
  /** Share of images for which each pair is kept. */
  readonly kept: Tensor2D;
}

/** A match averaged over its images, with student maps in rows whatever the direction. */
export function meanMatch(
  { attention, kept }: LayerMatch,
  direction: 'teacher-query' | 'student-query',
): MeanMatch {
  return tf.tidy(() => {
    const stays = tf.mul<Tensor3D>(tf.mul(tf.onesLike(attention), kept.keys ?? 1), kept.queries ?? 1);
    const averaged = (values: Tensor3D): Tensor2D => {
      const mean = tf.mean<Tensor2D>(values, 0);
      return direction === 'teacher-query' ? tf.transpose(mean) : mean;
    };
    return { attention: averaged(attention), kept: averaged(stays) };
  });
}

/** The mean attention of a batch as a heat map, and the kept shares where a rule selects. */
export function matchExhibits(
  match: LayerMatch,
  { teacher, student, matching }: LayerPair,
): Record<string, Exhibit> {
  const { kept } = match;
  const means = meanMatch(match, matching.direction);
  const sums = matching.direction === 'teacher-query' ? 'columns' : 'rows';
  // Columns of gated maps sum to less than 1.
  const title = kept.queries === undefined ? `Mean attention (${sums} sum to 1)` : 'Mean attention';
  const rows = { title: 'student map', labels: student.map(({ name }) => name) };
  const columns = { title: 'teacher map', labels: teacher.map(({ name }) => name) };
  return {
    attention: { title, values: means.attention, rows, columns },
    ...(matching.rule !== 'none' && {
      kept: { title: 'Share of images for which the pair is kept', values: means.kept, rows, columns },
    }),
  };
}
