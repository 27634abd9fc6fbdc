import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** This module's address: that of a worker from a blob tells nothing. Modules lie one folder below the page, in sources as in a build. */
const here = import.meta.url;

/** Where the page lies. */
export const pageAddress = (path: string): string => new URL(`../${path}`, here).href;

/** Readies tfjs in a worker: the wasm files lie beside the page, and WebGPU is brought in where the browser has it. */
export async function readyEngines(): Promise<void> {
  setWasmPaths(pageAddress('tfjs/'));
  if ('gpu' in navigator) await import('@tensorflow/tfjs-backend-webgpu');
}
