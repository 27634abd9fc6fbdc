import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { asFloats, expectOption, expectShape, wholeNumber, withoutTape } from '@distilljs/core';
import type { PositionRows } from './gram.js';
import { matchVectors, takenCandidate } from './match.js';
import { vectorGradient } from './vector-gradient.js';

/** A student's vectors, matched to the teacher's. */
export interface AlignedVectors {
  /** Unit rows, `[n, k, c]`; their gradient with respect to the map is {@link vectorGradient}. */
  readonly vectors: Tensor3D;
  /** Index of the candidate that was chosen, 0 for the first; constant, `[n, k]`. */
  readonly taken: Tensor2D;
}

/**
 * The right singular vectors of a student's maps that best match the teacher's, with the teacher's sign. Per teacher
 * vector `v^T` it is the `v_i` with the largest `|v_i·v^T|` among the first `candidates`, times the sign of `v_i·v^T`.
 * Index and sign are constants of the gradient, which is {@link vectorGradient}.
 *
 * @param rows student's maps, `[n, positions, c]`
 * @param teacher unit rows, `[n, k, c]`, constant
 * @param candidates at least k; a map with fewer positions or channels has fewer
 * @throws DistillError code `shape` when images or channels differ, `option` for fewer candidates than k
 * @see Lee and Song, BMVC 2019: k = 1, four candidates
 */
export function alignedVectors(rows: PositionRows, teacher: Tensor3D, candidates: number): AlignedVectors {
  expectShape('alignedVectors(rows)', rows, [null, null, null]);
  const [images, , channels] = rows.shape;
  expectShape('alignedVectors(teacher)', teacher, [images, null, channels]);
  expectOption('alignedVectors(candidates)', candidates, wholeNumber({ min: teacher.shape[1] }));
  const match = withoutTape(() =>
    tf.tidy(() => ({ ...matchVectors(asFloats(rows), asFloats(teacher), candidates) })),
  );
  const align = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [maps, save] = args as [PositionRows, tf.GradSaveFunc];
    // tfjs frees what is not saved before the backward pass.
    save([maps, match.vectors, match.values, match.scale, match.rest, match.selection]);
    return {
      value: tf.matMul<Tensor3D>(match.selection, match.vectors),
      gradFunc: (cotangent, saved) => tf.tidy(() => gradientOfSaved(cotangent, saved as Saved)),
    };
  });
  return { vectors: align(asFloats(rows)), taken: withoutTape(() => tf.tidy(() => takenCandidate(match))) };
}

type Saved = [
  rows: PositionRows,
  vectors: Tensor3D,
  values: Tensor3D,
  scale: Tensor3D,
  rest: Tensor3D,
  selection: Tensor3D,
];

function gradientOfSaved(
  cotangent: Tensor3D,
  [rows, vectors, values, scale, rest, selection]: Saved,
): PositionRows {
  return vectorGradient(rows, { vectors, values, scale, rest, selection }, cotangent);
}
