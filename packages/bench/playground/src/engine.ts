import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** Readies tfjs in a worker: the wasm files lie beside the page, and WebGPU is brought in where the browser has it. */
export async function readyEngines(): Promise<void> {
  // Workers lie one folder below the page, in sources as in a build.
  setWasmPaths(new URL('../tfjs/', self.location.href).href);
  if ('gpu' in navigator) await import('@tensorflow/tfjs-backend-webgpu');
}
