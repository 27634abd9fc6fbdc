import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { asFloats, expectShape, expectSizes, withoutTape } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { gram, isTall, positionRows } from './gram.js';
import type { PositionRows } from './gram.js';
import { eigenvectorSteps, leadingEigenvectors, unit } from './leading-eigenvectors.js';
import type { LeadingEigenvectors } from './leading-eigenvectors.js';
import { positiveSign } from './sign-and-order.js';

/** The leading right singular vectors of each matrix of a batch, and what their gradient needs. */
export interface RightVectors {
  /** Unit right singular vectors as rows, by falling singular value, `[n, k, c]`; the sign is arbitrary. */
  readonly vectors: Tensor3D;
  /** Squared singular values over {@link scale}, `[n, k, 1]`. */
  readonly values: Tensor3D;
  /** Frobenius norm of the smaller Gram matrix, `[n, 1, 1]`. */
  readonly scale: Tensor3D;
  /** The smaller Gram matrix over {@link scale}, deflated by the vectors found, `[n, g, g]`. */
  readonly rest: Tensor3D;
}

/**
 * The first `count` right singular vectors `v_i` of `X = Σ s_i u_i v_iᵀ`, without gradient. Where a map has fewer
 * positions than channels, they come from the left vectors: `v_i = Xᵀ u_i / s_i`.
 *
 * There are `min(count, positions, c)` of them; those with singular value 0 are zero rows.
 *
 * @param rows X, `[n, positions, c]`
 * @see Lee and Song, BMVC 2019, and the authors' code (its "EID" variant); the power iteration is not theirs
 */
export function rightVectors(rows: PositionRows, count: number): RightVectors {
  const { matrix, scale } = gram(rows);
  return { ...vectorsOf(rows, matrix, count), scale };
}

/** The known vectors and up to `more` that follow them. */
export function nextVectors(rows: PositionRows, known: RightVectors, more: number): RightVectors {
  const left = Math.min(more, known.rest.shape[2] - known.vectors.shape[1]);
  if (left <= 0) return known;
  const { vectors, values, rest } = vectorsOf(rows, known.rest, left);
  return {
    vectors: tf.concat([known.vectors, vectors], 1),
    values: tf.concat([known.values, values], 1),
    scale: known.scale,
    rest,
  };
}

/** @param matrix the smaller Gram matrix over its norm, or what deflation has left of it */
function vectorsOf(rows: PositionRows, matrix: Tensor3D, count: number): LeadingEigenvectors {
  const found = leadingEigenvectors(matrix, count);
  return isTall(rows) ? found : { ...found, vectors: unit(tf.matMul(found.vectors, rows), 2) };
}

/** Singular values `[n, k]`. */
export function singularValues({ values, scale }: RightVectors): Tensor2D {
  return tf.squeeze(tf.sqrt(tf.mul(values, scale)), [2]);
}

/** A teacher's leading vectors, constant. */
export interface TeacherVectors {
  /** Unit rows, largest entry positive, `[n, k, c]`. */
  readonly vectors: Tensor3D;
  /** `[n, k]`, falling. */
  readonly singularValues: Tensor2D;
}

/**
 * The first `count` right singular vectors of a teacher's maps and their singular values.
 *
 * @param map `[n, h, w, c]`
 * @throws DistillError code `shape`, or `option` for a count that is not a whole number above 0
 */
export function teacherVectors(map: FeatureMap, count: number): TeacherVectors {
  expectShape('teacherVectors(map)', map, [null, null, null, null]);
  expectSizes('teacherVectors', { count });
  return withoutTape(() =>
    tf.tidy(() => {
      const found = rightVectors(positionRows(asFloats(map)), count);
      return { vectors: positiveSign(found.vectors), singularValues: singularValues(found) };
    }),
  );
}

/** Multiply–accumulate operations of {@link rightVectors} for one map. */
export function eigenvectorMacs(positions: number, channels: number, count: number): number {
  const size = Math.min(positions, channels);
  const left = positions < channels ? count * positions * channels : 0;
  return positions * channels * size + Math.min(count, size) * eigenvectorSteps(size) + left;
}
