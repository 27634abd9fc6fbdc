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
    // A shape of the vector itself would be one of its own for every size.
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
    // tfjs copies the whole vector once for every slice of it there (60 ms for 300,000 numbers in 57 parts); the data
    // lie in the memory of this process, so that reading them waits for nothing.
    const values = vector.dataSync<'float32'>();
    let end = 0;
    return shapes.map((shape, i) => tf.tensor(values.subarray(end, (end += sizes[i] ?? 0)), [...shape]));
  }
  return tf.tidy(() => {
    const shaped = reshapes();
    // Only where needed: on TensorFlow a reshape is an operation like any other, and most parameters are vectors.
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
