import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import { alignment } from './align.js';
import type { PositionRows } from './gram.js';
import { rightVectors } from './right-vectors.js';
import { vectorGradient } from './vector-gradient.js';

/** A student's vectors that stand for the teacher's. */
export interface AlignedVectors {
  /** Unit rows, `[n, k, c]`; the gradient to the map is exact. */
  readonly vectors: Tensor3D;
  /** `[n, k, candidates]`: which candidate was taken, with its sign; constant. */
  readonly selection: Tensor3D;
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
  const known = withoutTape(() => tf.tidy(() => ({ ...rightVectors(rows, candidates) })));
  const selection = withoutTape(() => tf.tidy(() => alignment(known.vectors, teacher)));
  const take = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = args as [PositionRows, tf.GradSaveFunc];
    const { vectors, values, scale, rest } = known;
    save([x, vectors, values, scale, rest, selection]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [savedRows, ofVectors, ofValues, ofScale, ofRest, chosen] = saved as Tensor3D[] as Six;
      const decomposition = { vectors: ofVectors, values: ofValues, scale: ofScale, rest: ofRest };
      return tf.tidy(() => vectorGradient(savedRows, decomposition, chosen, dy as Tensor3D));
    };
    return { value: tf.matMul(selection, vectors), gradFunc };
  });
  return { vectors: take(rows) as Tensor3D, selection };
}

type Six = [Tensor3D, Tensor3D, Tensor3D, Tensor3D, Tensor3D, Tensor3D];
