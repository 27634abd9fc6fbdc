import type * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../../error/index.js';

/**
 * The private parts of tfjs's wasm backend that this package's kernels need, such as the address of a tensor.
 *
 * `asm` holds the exports of the Emscripten module, including the memory. {@link isWasmBackend} checks for
 * these parts before they are used.
 */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory?: WebAssembly.Memory };
    /** In tfjs's own binary for threads, which imports its memory instead of exporting it. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc: (bytes: number) => number;
    readonly _free: (address: number) => void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  readonly makeOutput: (shape: number[], dtype: tf.DataType) => tf.TensorInfo;
  readonly incRef: (dataId: object) => void;
  readonly readSync: (dataId: object) => tf.backend_util.BackendValues;
}

/** Whether a backend has all of {@link WasmBackend}; another version of tfjs may not. */
export function isWasmBackend(backend: unknown): backend is WasmBackend {
  const { wasm, dataIdMap, makeOutput, incRef } = backend as Partial<WasmBackend>;
  const parts = [wasm?._malloc, wasm?._free, dataIdMap, makeOutput, incRef];
  return memoryOf(wasm) instanceof WebAssembly.Memory && !parts.includes(undefined);
}

export function memoryOf(wasm: WasmBackend['wasm'] | undefined): WebAssembly.Memory | undefined {
  return wasm?.wasmMemory ?? (wasm?.asm as Partial<WasmBackend['wasm']['asm']> | undefined)?.memory;
}

/** The memory that WebAssembly can address. */
const MOST_BYTES = 2 ** 32;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;

/**
 * Turns a failed allocation into an error: tfjs does not check allocations and would write from address 0 on.
 *
 * Existing tensors stay intact. The error, of code `engine`, names the requested size.
 */
export function guardMemory(wasm: WasmBackend['wasm'], memory: WebAssembly.Memory): void {
  // Emscripten replaces this stub by the real function at its first call.
  wasm._free(wasm._malloc(8));
  const own = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes < MOST_BYTES ? own(bytes) : 0;
    if (address !== 0 || bytes === 0) return address;
    throw new DistillError({
      code: 'engine',
      where: "engine 'wasm'",
      expected: `memory for a tensor of ${mebibytes(bytes)}`,
      got: `a memory of ${mebibytes(memory.buffer.byteLength)}, which grows to ${mebibytes(MOST_BYTES)} at most`,
      hint: 'Use a smaller batch, smaller images or a smaller network.',
    });
  };
}
