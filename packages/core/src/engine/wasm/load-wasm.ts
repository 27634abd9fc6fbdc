import * as tf from '@tensorflow/tfjs-core';
import { wasmKernelsOf, wasmKernelsRefusal } from './kernels.js';
import { sharedMemoryRefusal, withSharedMemory } from './shared-memory.js';

/** Brings in tfjs's wasm backend and starts it with a memory that threads can share, where there can be one. */
export async function loadWasm(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  if (sharedMemoryRefusal() === undefined && !('wasm' in tf.engine().registry)) {
    await withSharedMemory(() => tf.setBackend('wasm'));
  }
}

/** How the wasm engine runs, for a report: on how many threads, and why no faster, if so. */
export function wasmDetails(): string {
  const kernels = wasmKernelsOf(tf.backend());
  if (kernels === null) return `composed kernels (${wasmKernelsRefusal(tf.backend()) ?? ''})`;
  return kernels.oneThread === undefined ? `${kernels.threads} threads` : `1 thread (${kernels.oneThread})`;
}
