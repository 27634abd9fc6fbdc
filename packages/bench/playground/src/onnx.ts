import { env } from 'onnxruntime-web/wasm';
import address from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

/* Loaded when somebody brings an ONNX file: 14 MB, from the page's own folder. */

// Threads would need modules of their own beside each worker's.
env.wasm.numThreads = 1;
env.wasm.wasmPaths = { wasm: new URL(address, import.meta.url).href };

export * as runtime from 'onnxruntime-web/wasm';
