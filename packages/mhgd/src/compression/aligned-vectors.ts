import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import type { PositionRows } from './gram.js';
import { matchesOf, matchVectors, ofEach, takenCandidate, tensorsOf } from './match.js';
import { vectorGradient } from './vector-gradient.js';

/** A student's vectors that stand for the teacher's. */
export interface AlignedVectors {
  /** Unit rows, `[n, k, c]`; the gradient to the map is exact. */
  readonly vectors: Tensor3D;
  /** Which candidate was taken, 0 for the first; constant, `[n, k]`. */
  readonly taken: Tensor2D;
}

/**
 * The right singular vectors of a student's maps that best match the teacher's, in the teacher's sign: per teacher vector
 * `v^T` the `v_i` of largest `|v_i·v^T|` among the first `candidates`, times the sign of that product. Index and sign are
 * constants of the gradient, which is {@link vectorGradient}.
 *
 * @param rows student's maps, `[n, positions, c]`
 * @param teacher unit rows, `[n, k, c]`, constant
 * @param candidates at least k; fewer where positions or channels are
 * @see Lee and Song, BMVC 2019: k = 1, four candidates
 */
export function alignedVectors(rows: PositionRows, teacher: Tensor3D, candidates: number): AlignedVectors {
  const matches = matchesOf(
    withoutTape(() => tf.tidy(() => tensorsOf(matchVectors(rows, teacher, candidates)))),
  );
  const take = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = args as [PositionRows, tf.GradSaveFunc];
    save([x, ...tensorsOf(matches)]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [savedRows, ...rest] = saved as [PositionRows, ...tf.Tensor[]];
      return tf.tidy(() => vectorGradient(savedRows, matchesOf(rest), dy as Tensor3D));
    };
    const value = ofEach(matches, ({ selection, vectors }) => tf.matMul<Tensor3D>(selection, vectors));
    return { value, gradFunc };
  });
  const vectors = take(rows);
  return { vectors, taken: withoutTape(() => tf.tidy(() => ofEach(matches, takenCandidate))) };
}
