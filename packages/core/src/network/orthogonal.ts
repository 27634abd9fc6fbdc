import * as tf from '@tensorflow/tfjs-core';
import { expectSizes } from '../option/index.js';
import { expectRandom } from '../random/index.js';
import type { Random } from '../random/index.js';

// The initializer of recurrent layers in tfjs-layers chains operations (`r.flatten().stridedSlice(…)`). Tensors
// have these methods only if all of tfjs is loaded; without these five it fails with "rMat.flatten is not a
// function".
const chained: Record<string, (this: tf.Tensor, ...given: never[]) => tf.Tensor> = {
  flatten() {
    return tf.reshape(this, [this.size]);
  },
  reshape(shape: number[]) {
    return tf.reshape(this, shape);
  },
  transpose(axes?: number[]) {
    return tf.transpose(this, axes);
  },
  sign() {
    return tf.sign(this);
  },
  stridedSlice(begin: number[], end: number[], strides?: number[]) {
    return tf.stridedSlice(this, begin, end, strides);
  },
};
const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, operation] of Object.entries(chained)) prototype[name] ??= operation;

/**
 * A uniformly drawn matrix with orthonormal columns (or rows, if it is wider than high), times `gain`. It is
 * the Q of a QR decomposition of normal numbers whose R has a positive diagonal, as in tfjs-layers.
 *
 * Source: Saxe et al., https://arxiv.org/abs/1312.6120; the decomposition is Gram–Schmidt's, repeated once for accuracy.
 * Unlike `tf.linalg.qr` it takes no memory beside the matrix, and equal seeds give equal numbers on every engine.
 *
 * @returns its numbers, row by row
 * @throws DistillError code `option`
 */
export function orthogonal(rows: number, columns: number, random: Random, gain = 1): Float32Array {
  expectSizes('orthogonal', { rows, columns });
  expectRandom('orthogonal', random);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const basis: Float64Array[] = [];
  for (let index = 0; index < count; index++) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (const other of [...basis, ...basis]) {
      const along = dot(vector, other);
      for (let at = 0; at < length; at++) (vector[at] as number) -= along * (other[at] as number);
    }
    const norm = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / norm));
  }
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return gain * ((rows < columns ? basis[row]?.[column] : basis[column]?.[row]) ?? 0);
  });
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}
