import * as tf from '@tensorflow/tfjs-core';

/** One vector of all values of `tensors`, in their order, each in row-major order. The inverse of {@link splitFlat}. */
export function concatFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => tf.concat1d(tensors.map((tensor) => shaped(tensor, [tensor.size]) as tf.Tensor1D)));
}

/**
 * Cuts a vector into tensors of the given shapes, in order. The inverse of {@link concatFlat}.
 *
 * For optimizers, outside of gradient functions: no gradient flows through it on wasm.
 */
export function splitFlat(vector: tf.Tensor1D, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
  if (tf.getBackend() === 'wasm') {
    // tfjs copies the whole vector once for every slice of it there (60 ms for 300,000 numbers in 57 parts); the data
    // lie in the memory of this process, so that reading them waits for nothing.
    const values = vector.dataSync<'float32'>();
    let end = 0;
    return shapes.map((shape, i) => tf.tensor(values.subarray(end, (end += sizes[i] ?? 0)), [...shape]));
  }
  return tf.tidy(() => tf.split(vector, sizes).map((part, i) => shaped(part, shapes[i] ?? [])));
}

/** Reshaped only where needed: on TensorFlow a reshape is an operation like any other, and most parameters are vectors. */
function shaped(tensor: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.util.arraysEqual(tensor.shape, [...shape]) ? tensor : tf.reshape(tensor, [...shape]);
}
