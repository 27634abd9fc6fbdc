import * as tf from '@tensorflow/tfjs-core';
import { isNode } from '../../platform/node-module.js';
import { wasmKernelsOf, wasmKernelsRefusal } from './kernels.js';
import { sharedMemoryRefusal, withSharedMemory } from './shared-memory.js';

/** Imports tfjs's wasm backend and starts it, with a memory shared between threads if possible. */
export async function loadWasm(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  if ('wasm' in tf.engine().registry) return;
  // tfjs's own threads run a function's source text, which a minifying bundler breaks: the workers then fail
  // and restart forever. This package's kernels have their own threads.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const start = (): Promise<boolean> => tf.setBackend('wasm');
  const started = await withoutProcessHandlers(() =>
    sharedMemoryRefusal() === undefined ? withSharedMemory(start) : start(),
  );
  if (!started) throw new Error(isNode() ? 'its .wasm files do not load' : NOT_SERVED);
}

const NOT_SERVED =
  'its .wasm files do not load: serve those of @tensorflow/tfjs-backend-wasm/dist, and say where before: ' +
  "`setWasmPaths('/FOLDER/')` of that package";

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Removes the handlers that Emscripten adds to the process while a module starts. They rethrow every error, so
 * that Node prints a stack trace and exits with code 7, whatever the program intended.
 */
async function withoutProcessHandlers<T>(start: () => Promise<T>): Promise<T> {
  if (!isNode()) return start();
  const before = new Set<unknown>(EVENTS.flatMap((event) => process.listeners(event as 'exit')));
  try {
    return await start();
  } finally {
    for (const event of EVENTS)
      for (const listener of process.listeners(event as 'exit')) {
        if (!before.has(listener) && String(listener).includes('throw')) process.off(event, listener);
      }
  }
}

/** How the wasm engine runs, for a report: the number of threads, and why it is not faster, if so. */
export function wasmDetails(): string {
  const kernels = wasmKernelsOf(tf.backend());
  if (kernels === null) return `composed kernels (${wasmKernelsRefusal(tf.backend()) ?? ''})`;
  return kernels.oneThread === undefined ? `${kernels.threads} threads` : `1 thread (${kernels.oneThread})`;
}
