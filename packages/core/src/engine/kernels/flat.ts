import * as tf from '@tensorflow/tfjs-core';
import { reshapesTensorFlow } from './reshape-tensorflow.js';
import { tensorFlowBackend } from './tensorflow-backend.js';

/**
 * One vector of all values of float32 `tensors`, in their order, each in row-major order. The inverse of {@link splitFlat}.
 *
 * For optimizers, outside of gradient functions: no gradient flows through it on TensorFlow.
 */
export function concatFlat(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => {
    const shaped = reshapes();
    // A literal length would make a new shape tensor for every size.
    return tf.concat1d(
      tensors.map((tensor) => (tensor.rank === 1 ? tensor : shaped(tensor, [-1])) as tf.Tensor1D),
    );
  });
}

/**
 * Cuts a float32 vector into tensors of the given shapes, in order. The inverse of {@link concatFlat}.
 *
 * For optimizers, outside of gradient functions: no gradient flows through it on wasm and TensorFlow.
 */
export function splitFlat(vector: tf.Tensor1D, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
  if (tf.getBackend() === 'wasm') {
    // Here tfjs copies the whole vector for every slice (60 ms for 300,000 numbers in 57 parts). The data are
    // in this process's memory, so reading them does not wait.
    const values = vector.dataSync<'float32'>();
    let end = 0;
    return shapes.map((shape, i) => tf.tensor(values.subarray(end, (end += sizes[i] ?? 0)), [...shape]));
  }
  return tf.tidy(() => {
    const shaped = reshapes();
    // Only if needed: on TensorFlow a reshape is a real operation, and most parameters are vectors.
    return tf.split(vector, sizes).map((part, i) => {
      const shape = shapes[i] ?? [];
      return shape.length === 1 ? part : shaped(part, shape);
    });
  });
}

function reshapes(): (tensor: tf.Tensor, shape: readonly number[]) => tf.Tensor {
  const native = tensorFlowBackend();
  return native === null ? (tensor, shape) => tf.reshape(tensor, [...shape]) : reshapesTensorFlow(native);
}
