import * as tf from '@tensorflow/tfjs-core';

const KERNELS = Symbol.for('distilljs.wasmKernels');

/** Runs on the wasm backend as if its memory could not be shared with the kernels of this package. */
export async function withoutKernels<T>(run: () => T | Promise<T>): Promise<T> {
  await tf.setBackend('wasm');
  const carrier = tf.backend() as unknown as Record<symbol, unknown>;
  const before = carrier[KERNELS];
  carrier[KERNELS] = 'as a test has it';
  try {
    return await run();
  } finally {
    carrier[KERNELS] = before;
  }
}
