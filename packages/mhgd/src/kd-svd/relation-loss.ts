import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  asFloats,
  aTensor,
  expectOption,
  expectSameShape,
  expectShape,
  listOf,
  objectWith,
  oneOf,
  positive,
  withoutTape,
} from '@distilljs/core';
import type { Scalar } from '@distilljs/core';
import type { TeacherVectors } from '../compression/index.js';
import type { KdSvdOptions } from './options.js';

/**
 * Radial basis function of every pair of entries of the k-th vectors at both ends of a module:
 * `R[i, k, b, f] = exp(−(v^B_{k,b} − v^F_{k,f})² / β)`.
 *
 * @param front `[n, k, C_F]`
 * @param back `[n, k, C_B]`
 * @param beta above 0; 8 in paper and code
 * @returns `[n, k, C_B, C_F]`
 * @throws DistillError code `shape`, or `option` for a β that is not above 0
 * @see Lee, Kim and Song, Self-supervised Knowledge Distillation using Singular Value Decomposition, ECCV 2018
 */
export function relation(front: Tensor3D, back: Tensor3D, beta: number): Tensor4D {
  expectShape('relation(front)', front, [null, null, null]);
  const [images, vectors] = front.shape;
  expectShape('relation(back)', back, [images, vectors, null]);
  expectOption('relation(beta)', beta, positive);
  const difference = tf.sub(tf.expandDims(back, 3), tf.expandDims(front, 2));
  return tf.exp(tf.div<Tensor4D>(tf.square(difference), -beta));
}

/**
 * Squared distance between the relations of student and teacher, `Σ (R_S − R_T)²`, summed over images, vectors, pairs
 * of entries and modules. The ECCV form multiplies it by `√k / 2`. Both sides' vectors are first weighted by the
 * teacher's `σ_i / ‖(σ_1 … σ_k)‖`, which is 1 for k = 1.
 *
 * @param student aligned vectors per tap, from front to back, `[n, k, c]`
 * @param teacher vectors and singular values at the same taps; constant
 * @throws DistillError code `shape`, or `option` for lists of different lengths, fewer than two taps and wrong options
 * @see Lee, Kim and Song, ECCV 2018, and the authors' later code. Certainty: that the norm is over the kept k singular
 *   values is the code's reading
 */
export function relationLoss(
  student: readonly Tensor3D[],
  teacher: readonly TeacherVectors[],
  options: Pick<KdSvdOptions, 'form' | 'beta'>,
): Scalar {
  expectOption('relationLoss(options)', options, objectWith('form', 'beta'));
  const { form, beta } = options;
  expectOption('relationLoss(options).form', form, oneOf('rank-1', 'eccv'));
  expectOption('relationLoss(options).beta', beta, positive);
  expectOption('relationLoss(student)', student, listOf(aTensor, 2));
  const taps = student.length;
  expectOption('relationLoss(teacher)', teacher, listOf(objectWith('vectors', 'singularValues'), taps, taps));
  const [images, count] = (student[0] as Tensor3D).shape;
  student.forEach((own, tap) => {
    const { vectors, singularValues } = teacher[tap] as TeacherVectors;
    const [where, whereTeacher] = [`relationLoss(student)[${tap}]`, `relationLoss(teacher)[${tap}]`];
    expectShape(where, own, [images, count, null]);
    expectSameShape(where, own, `${whereTeacher}.vectors`, vectors);
    expectShape(`${whereTeacher}.singularValues`, singularValues, [images, count]);
  });
  const weights = count > 1 ? teacher.map(singularWeights) : [];
  const weighted = (vectors: Tensor3D, at: number): Tensor3D => {
    const weight = weights[at];
    return weight === undefined ? vectors : tf.mul(vectors, weight);
  };
  const ofStudent = student.map(weighted);
  const ofTeacher = teacher.map(({ vectors }, at) => weighted(vectors, at));
  const sums = ofStudent.slice(1).map((back, at) => {
    const found = relation(ofStudent[at] as Tensor3D, back, beta);
    const target = withoutTape(() =>
      relation(ofTeacher[at] as Tensor3D, ofTeacher[at + 1] as Tensor3D, beta),
    );
    return tf.sum<Scalar>(tf.square(tf.sub(found, target)));
  });
  const sum = tf.addN(sums);
  return form === 'eccv' ? tf.mul<Scalar>(sum, Math.sqrt(count) / 2) : sum;
}

/** `σ_i / ‖σ‖₂`, `[n, k, 1]`; 0 for an all-zero map. */
function singularWeights({ singularValues }: TeacherVectors): Tensor3D {
  return withoutTape(() =>
    tf.tidy(() => {
      const norm = tf.sqrt(tf.sum(tf.square(asFloats(singularValues)), 1, true));
      return tf.expandDims(tf.div(singularValues, tf.maximum(norm, 1e-20)), 2);
    }),
  );
}
