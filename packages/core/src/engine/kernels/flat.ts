import * as tf from '@tensorflow/tfjs-core';

/** One vector of all values of `tensors`, in their order, each in row-major order. The inverse of {@link splitFlat}. */
export function concatFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size]))));
}

/** Cuts a vector into tensors of the given shapes, in order. The inverse of {@link concatFlat}. */
export function splitFlat(vector: tf.Tensor1D, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  return tf.tidy(() => {
    const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
    return tf.split(vector, sizes).map((part, i) => tf.reshape(part, [...(shapes[i] ?? [])]));
  });
}
