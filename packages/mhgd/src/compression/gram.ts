import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { expectShape } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';

/** A batch of feature maps as matrices of positions and channels, `[n, h·w, c]`. */
export type PositionRows = Tensor3D;

/** Keeps a division by a norm finite; far below the norm of any map that is not all zero. */
export const TINY = 1e-30;

/**
 * `[n, h, w, c]` → `[n, h·w, c]`: a row per position. Not centred, not scaled.
 *
 * @throws DistillError code `shape`
 */
export function positionRows(map: FeatureMap): PositionRows {
  expectShape('positionRows(map)', map, [null, null, null, null]);
  const [images, height, width, channels] = map.shape;
  return tf.reshape(map, [images, height * width, channels]);
}

/** The smaller of a matrix's two Gram matrices. */
export interface Gram {
  /** `A / ‖A‖_F`, `[n, g, g]`, with `A = XᵀX` where X has at least as many rows as columns, else `A = X Xᵀ`. */
  readonly matrix: Tensor3D;
  /** `‖A‖_F`, `[n, 1, 1]`; 0 for an all-zero map, whose {@link matrix} is zero too. */
  readonly scale: Tensor3D;
}

/** {@link Gram} of each matrix of a batch; its eigenvalues are the squared singular values over {@link Gram.scale}. */
export function gram(rows: PositionRows): Gram {
  const matrix: Tensor3D = isTall(rows) ? tf.matMul(rows, rows, true) : tf.matMul(rows, rows, false, true);
  return normalized(matrix);
}

/** True where `XᵀX` is the smaller Gram matrix, or both have the same size. */
export function isTall({ shape: [, positions, channels] }: PositionRows): boolean {
  return positions >= channels;
}

/** A symmetric matrix divided by its Frobenius norm: eigenvalues in [−1, 1], the largest at least `1 / √g` in magnitude. */
export function normalized(matrix: Tensor3D): Gram {
  const scale = tf.sqrt(tf.sum<Tensor3D>(tf.square(matrix), [1, 2], true));
  return { matrix: tf.div<Tensor3D>(matrix, tf.maximum(scale, TINY)), scale };
}
