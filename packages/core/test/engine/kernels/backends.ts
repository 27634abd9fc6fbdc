import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
// Brings the gradients of all ops, which tfjs-core alone does not register.
import '@tensorflow/tfjs-layers';
import { registerTrainingKernels } from '../../../src/engine/kernels/register.js';

/** A tfjs backend, and why it cannot be used here if it cannot. */
export interface Backend {
  readonly name: string;
  readonly absent: string | null;
}

/** cpu, wasm with the training kernels, and TensorFlow where its native library is there. */
export async function loadBackends(): Promise<Backend[]> {
  tf.env().set('PROD', true);
  registerTrainingKernels();
  const native = await import('@tensorflow/tfjs-node').then(
    () => null,
    (error: unknown) => `@tensorflow/tfjs-node does not load: ${String(error).split('\n')[0] ?? ''}`,
  );
  return [
    { name: 'cpu', absent: null },
    { name: 'wasm', absent: null },
    { name: 'tensorflow', absent: native },
  ];
}

/** Repeatable numbers in [-1, 1): a linear congruential generator with the constants of C's `rand`. */
export function numbers(seed: number): (count: number) => Float32Array {
  let state = seed;
  return (count) =>
    Float32Array.from({ length: count }, () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 1073741824 - 1;
    });
}

/** A tensor of repeatable numbers in [-1, 1). */
export function tensor<R extends tf.Rank>(shape: number[], seed = 1): tf.Tensor<R> {
  return tf.tensor(numbers(seed)(tf.util.sizeFromShape(shape)), shape as tf.ShapeMap[R]);
}

/** Largest difference between two lists of numbers, as a share of the largest of `expected`. */
export function relativeDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Infinity;
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-6);
  return Array.from(expected, (value, i) => Math.abs((got[i] ?? NaN) - value) / scale).reduce(
    (worst, value) => (value <= worst ? worst : value),
    0,
  );
}
