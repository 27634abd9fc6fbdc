import * as tf from '@tensorflow/tfjs-core';
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
 * the Q of a QR decomposition of normal numbers whose R has a positive diagonal, as in tfjs-layers. All axes
 * but the last form the rows.
 *
 * Source: Saxe et al., https://arxiv.org/abs/1312.6120; the decomposition is Gram–Schmidt's, repeated once for accuracy.
 */
export function orthogonal(shape: readonly number[], gain: number, random: Random): Float32Array {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const basis: number[][] = [];
  for (let index = 0; index < count; index++) {
    const vector = Array.from({ length }, () => random.normal());
    for (const other of [...basis, ...basis]) {
      const along = vector.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
      other.forEach((value, at) => (vector[at] = (vector[at] ?? 0) - along * value));
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    basis.push(vector.map((value) => value / norm));
  }
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return gain * ((rows < columns ? basis[row]?.[column] : basis[column]?.[row]) ?? 0);
  });
}
