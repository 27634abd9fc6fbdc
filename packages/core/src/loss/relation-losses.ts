import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { expectShape } from '../tensor/index.js';
import type { Embedding, Scalar, Tensor } from '../tensor/index.js';
import { unitRows } from './unit-rows.js';

/*
 * Losses between the relations of a batch's images in two networks, from simple to complex: pairs in one matrix, pairs as
 * distributions, distances, angles. Both networks may have any width. The teacher is a constant in all of them.
 */

/**
 * Similarity-preserving loss: `(1/n²) ‖G̃_S − G̃_T‖²_F`, where G̃ is `F Fᵀ` with rows scaled to unit length,
 * and F holds one flattened activation per row.
 *
 * @param teacher any tap, `[n, …]`
 * @param student any tap, `[n, …]`
 * @throws DistillError code `shape`
 * @see Tung and Mori, Similarity-Preserving Knowledge Distillation, ICCV 2019, Eq. 1 to 4
 */
export function similarityPreserving(teacher: Tensor, student: Tensor): Scalar {
  const rank = (tensor: Tensor): number =>
    Math.max(1, (tensor as Partial<Tensor> | undefined)?.shape?.length ?? 1);
  expectShape('similarityPreserving(teacher)', teacher, Array<null>(rank(teacher)).fill(null));
  const others = Array<null>(rank(student) - 1).fill(null);
  expectShape('similarityPreserving(student)', student, [teacher.shape[0], ...others]);
  const similarities = (output: Tensor): Tensor2D => {
    const rows = flat(output);
    return unitRows(tf.matMul<Tensor2D>(rows, rows, false, true));
  };
  return tf.tidy(() => {
    const constant = withoutTape(() => similarities(teacher));
    return tf.mean<Scalar>(tf.square(tf.sub(similarities(student), constant)));
  });
}

/** ε of {@link probabilisticTransfer}, as in the authors' code. */
const SMALL = 1e-7;

/**
 * Probabilistic knowledge transfer: the mean over all n² pairs of `p_ij log((p_ij + ε) / (q_ij + ε))`, ε =
 * 1e-7. The rows of p (teacher) and q (student) are those of `(1 + cos) / 2`, scaled to sum 1.
 *
 * @param teacher `[n, d]`
 * @param student `[n, d′]`
 * @throws DistillError code `shape`
 * @see Passalis and Tefas, Learning Deep Representations with Probabilistic Knowledge Transfer, ECCV 2018, Eq. 3 to 8, with the
 *   cosine kernel; the mean over pairs instead of their sum is in the authors' code
 */
export function probabilisticTransfer(teacher: Embedding, student: Embedding): Scalar {
  expectRows('probabilisticTransfer', teacher, student);
  const probabilities = (embedding: Embedding): Tensor2D => {
    const rows = unitRows(embedding);
    const affinities = tf.add(tf.matMul(rows, rows, false, true), 1);
    return tf.div(affinities, tf.sum(affinities, 1, true));
  };
  return tf.tidy(() => {
    const constant = withoutTape(() => probabilities(teacher));
    const ratio = tf.div(tf.add(constant, SMALL), tf.add(probabilities(student), SMALL));
    return tf.mean<Scalar>(tf.mul(constant, tf.log(ratio)));
  });
}

/**
 * RKD-D: the mean over all n² pairs of `huber(d_S − d_T)`, where d is the distance of two embeddings divided by
 * the mean distance over all pairs of different images.
 *
 * @param teacher `[n, d]`, n at least 2
 * @param student `[n, d′]`
 * @throws DistillError code `shape`
 * @see Park et al., Relational Knowledge Distillation, CVPR 2019, Eq. 5 to 8
 */
export function relationalDistance(teacher: Embedding, student: Embedding): Scalar {
  expectRows('relationalDistance', teacher, student);
  const relative = (embedding: Embedding): Tensor2D => {
    const [images] = embedding.shape;
    const squares = tf.sum(tf.square(differences(embedding)), 2);
    // The square root has an infinite gradient at 0. The mask then removes the clamped diagonal.
    const distances = tf.mul(tf.sqrt(tf.maximum(squares, 1e-12)), tf.sub(1, tf.eye(images)));
    return tf.div(distances, tf.div(tf.sum(distances), images * (images - 1)));
  };
  return tf.tidy(() => {
    const constant = withoutTape(() => relative(teacher));
    return huber(tf.sub(relative(student), constant));
  });
}

/**
 * RKD-A: the mean over all n³ triples (i, j, k) of `huber(cos_S − cos_T)`, for the angle at image i between
 * images j and k. Each network's cosines take n³ numbers: 1 MiB for 64 images, 64 MiB for 256.
 *
 * @param teacher `[n, d]`
 * @param student `[n, d′]`
 * @throws DistillError code `shape`
 * @see Park et al., Relational Knowledge Distillation, CVPR 2019, Eq. 9 and 10
 */
export function relationalAngle(teacher: Embedding, student: Embedding): Scalar {
  expectRows('relationalAngle', teacher, student);
  const cosines = (embedding: Embedding): Tensor3D => {
    const [images, width] = embedding.shape;
    const directions = unitRows(tf.reshape(differences(embedding), [images * images, width]));
    const atEach = tf.reshape(directions, [images, images, width]);
    return tf.matMul<Tensor3D>(atEach, atEach, false, true);
  };
  return tf.tidy(() => {
    const constant = withoutTape(() => cosines(teacher));
    return huber(tf.sub(cosines(student), constant));
  });
}

/** Both networks must have the same images, or their relations would not correspond. */
function expectRows(loss: string, teacher: Embedding, student: Embedding): void {
  expectShape(`${loss}(teacher)`, teacher, [null, null]);
  expectShape(`${loss}(student)`, student, [teacher.shape[0], null]);
}

/** `[n, n, d]`: entry (i, j) is `f_j − f_i`. */
function differences(embedding: Embedding): Tensor3D {
  return tf.sub<Tensor3D>(tf.expandDims(embedding, 0), tf.expandDims(embedding, 1));
}

/** Mean of `x² / 2` where |x| ≤ 1, of `|x| − 1/2` elsewhere. */
function huber(gaps: Tensor): Scalar {
  // With c = clip(x, −1, 1) both branches are c (x − c / 2).
  const clipped = tf.clipByValue(gaps, -1, 1);
  return tf.mean<Scalar>(tf.mul(clipped, tf.sub(gaps, tf.mul(clipped, 0.5))));
}

function flat(output: Tensor): Tensor2D {
  const [images = 0] = output.shape;
  return tf.reshape(output, [images, -1]);
}
