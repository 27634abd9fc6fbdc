import type * as tf from '@tensorflow/tfjs-core';

/**
 * The part of tfjs's wasm backend that kernels beside its own need: where a tensor lies in the memory, and more.
 *
 * tfjs gives out neither as a public function; `asm` holds the exports of the Emscripten module, the memory among them.
 * {@link isWasmBackend} looks before anything is touched.
 */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory?: WebAssembly.Memory };
    /** In tfjs's own binary for threads, which imports its memory instead of exporting it. */
    readonly wasmMemory?: WebAssembly.Memory;
    readonly _malloc: (bytes: number) => number;
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
