import * as tf from '@tensorflow/tfjs-core';
import { wasmKernels } from '../wasm/kernels.js';
import { reluGradientWasm } from '../wasm/relu-gradient.js';
import { reluGradientWebGpu } from '../webgpu/relu-gradient.js';
import { floatType, tensorFlowBackend } from './tensorflow-backend.js';

/**
 * max(x, 0), of any shape; the gradient is dy where the output is above 0, else 0 (also at 0).
 *
 * Values equal `tf.relu`; the gradient reads the saved output, so the input need not stay alive, and is one op on
 * TensorFlow. It is of first order only.
 */
export function relu<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, save] = args as [T, tf.GradSaveFunc];
    const value = tf.relu(input);
    save([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      reluGradient(dy, saved[0] as tf.Tensor);
    return { value, gradFunc };
  })(x);
}

function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const native = tensorFlowBackend();
  if (native !== null) return native.executeSingleOutput('ReluGrad', [floatType(native, 'T')], [dy, y]);
  if (wasmKernels() !== null) return reluGradientWasm(dy, y);
  return reluGradientWebGpu(dy, y) ?? tf.tidy(() => tf.mul(dy, tf.step(y)));
}
