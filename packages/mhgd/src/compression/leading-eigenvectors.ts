import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { TINY } from './gram.js';
import { atLargest } from './sign-and-order.js';

/** The leading part of the eigendecomposition of a batch of symmetric positive matrices. */
export interface LeadingEigenvectors {
  /** Unit eigenvectors as rows, of falling eigenvalue, `[n, k, g]`; zero rows where the matrix has no more. */
  readonly vectors: Tensor3D;
  /** `[n, k, 1]`; 0 for zero rows. */
  readonly values: Tensor3D;
  /** What is left: `A − Σ λ v vᵀ`, `[n, g, g]`. */
  readonly rest: Tensor3D;
}

/** An eigenvalue below this share of the norm is float32 rounding: it has no direction. */
export const DEAD_SHARE = 1e-6;

/** `A^(2^3)` is what a power step multiplies by: a squaring costs as much as g power steps. */
const SQUARINGS = 3;
/** Products with `A^8`, the choice of its column being the first. */
const PRODUCTS = 6;

/**
 * The first `count` eigenvectors of each matrix of a batch by power iteration and deflation, without a decomposition and
 * without reading a value: `A^8` by three squarings, then power steps by it. Started from the column of `A^8` with the
 * largest diagonal entry, so that no start is orthogonal to what is looked for, whatever the signs in the map.
 *
 * 49 steps in all: the error is `(λ₂/λ₁)^49`, so below 1e-6 for a ratio of singular values up to 0.86. Closer pairs come
 * out mixed, though orthonormal to float32 precision. An all-zero matrix gives zeros.
 *
 * @param matrix `[n, g, g]`, Frobenius norm 1 or 0
 * @param count k
 */
export function leadingEigenvectors(matrix: Tensor3D, count: number): LeadingEigenvectors {
  const size = matrix.shape[2];
  const identity = tf.eye(size);
  const vectors: Tensor3D[] = [];
  const values: Tensor3D[] = [];
  let rest = matrix;
  for (let index = 0; index < Math.min(count, size); index++) {
    const found = dominantVector(rest, identity);
    const value = tf.sum<Tensor3D>(tf.mul(found, tf.matMul(rest, found)), 1, true);
    const alive = tf.step(tf.sub(value, DEAD_SHARE));
    const vector = tf.mul<Tensor3D>(found, alive);
    const eigenvalue = tf.mul<Tensor3D>(value, alive);
    vectors.push(vector);
    values.push(eigenvalue);
    rest = tf.sub(rest, tf.matMul(tf.mul(vector, eigenvalue), vector, false, true));
  }
  const [only, ...more] = vectors;
  const columns = only !== undefined && more.length === 0 ? only : tf.concat(vectors, 2);
  return {
    vectors: tf.transpose(columns, [0, 2, 1]),
    values: tf.concat(values, 1),
    rest,
  };
}

/** Multiply–accumulate operations of one vector of a matrix `[size, size]`. */
export function eigenvectorSteps(size: number): number {
  return SQUARINGS * size ** 3 + (PRODUCTS + 3) * size ** 2;
}

/** The eigenvector of the largest eigenvalue as a column, `[n, g, 1]`; zero for a zero matrix. */
function dominantVector(matrix: Tensor3D, identity: Tensor2D): Tensor3D {
  // Deflation shrinks the matrix, and powers shrink or swell: unscaled, float32 would not hold them. What deflation leaves
  // of a spent matrix is rounding of either sign, and must not be blown up.
  const base = byLargest(matrix, DEAD_SHARE);
  let power = base;
  for (let squaring = 0; squaring < SQUARINGS; squaring++) power = tf.matMul(power, power);
  power = byLargest(power, TINY);
  const diagonal = tf.sum<Tensor2D>(tf.mul(power, identity), 2);
  let vector = tf.expandDims<Tensor3D>(atLargest(diagonal), 2);
  for (let product = 0; product < PRODUCTS; product++) vector = tf.matMul(power, vector);
  return unit(tf.matMul(base, vector), 1);
}

/** A positive matrix over its largest entry, which stands on its diagonal: then its largest eigenvalue is in [1, g]. */
function byLargest(matrix: Tensor3D, atLeast: number): Tensor3D {
  return tf.div(matrix, tf.maximum(tf.max(matrix, [1, 2], true), atLeast));
}

/** Vectors along an axis scaled to length 1; zero vectors stay zero. */
export function unit(vectors: Tensor3D, axis: number): Tensor3D {
  const length = tf.sqrt(tf.sum(tf.square(vectors), axis, true));
  return tf.div(vectors, tf.maximum(length, 1e-12));
}
