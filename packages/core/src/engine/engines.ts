import * as tf from '@tensorflow/tfjs-core';
import { isNode, nodeModule } from '../platform/node-module.js';
import { usesGpu } from './kernels/tensorflow-backend.js';
import { loadWasm, wasmDetails } from './wasm/load-wasm.js';
import { threadsAsked } from './wasm/threads.js';

/** Names of the engines, as users write them. */
export type EngineName = 'node-gpu' | 'node' | 'webgpu' | 'wasm' | 'cpu';

/** How to start an engine. */
export interface EngineDescription {
  readonly name: EngineName;
  /** Name of the tfjs backend that it runs on. */
  readonly backend: string;
  /** Imports the backend's package. Throws an error with a message for the user if that fails. */
  load(): Promise<void>;
  /** Called once the backend runs: why it does not qualify as this engine, if so. */
  refusal?(): string | undefined;
  /** Called by `auto` only, once the backend runs: why `auto` should skip this engine, if so. */
  detour?(): string | undefined;
  /** Called once the backend runs: what a report should say about it in addition to versions. */
  details?(): string;
  /** How to install it. */
  readonly hint: string;
}

const NATIVE_HINT =
  'Where its download is blocked, `npm run engine:native` in the distilljs repository builds it.';

/** All engines, in order of preference. */
export const ENGINES: readonly EngineDescription[] = [
  {
    name: 'node-gpu',
    backend: 'tensorflow',
    load: () => loadNative('@tensorflow/tfjs-node-gpu'),
    refusal: () => (usesGpu() ? undefined : 'TensorFlow finds no GPU'),
    hint: `Install @tensorflow/tfjs-node-gpu on a machine with a GPU that TensorFlow supports. ${NATIVE_HINT}`,
  },
  {
    name: 'node',
    backend: 'tensorflow',
    load: () => loadNative('@tensorflow/tfjs-node'),
    hint: `Install @tensorflow/tfjs-node. ${NATIVE_HINT}`,
  },
  {
    name: 'webgpu',
    backend: 'webgpu',
    load: loadWebGpu,
    detour: () => (isSoftwareAdapter() ? 'its adapter is a software renderer, slower than wasm' : undefined),
    hint: 'Install @tensorflow/tfjs-backend-webgpu; in Node also the package webgpu, and a Vulkan, Metal or D3D12 driver.',
  },
  {
    name: 'wasm',
    backend: 'wasm',
    load: loadWasm,
    details: wasmDetails,
    hint: 'Install @tensorflow/tfjs-backend-wasm; in a browser point setWasmPaths at its .wasm files.',
  },
  {
    name: 'cpu',
    backend: 'cpu',
    load: async () => {
      await import('@tensorflow/tfjs-backend-cpu');
    },
    hint: 'Install @tensorflow/tfjs-backend-cpu.',
  },
];

async function loadNative(specifier: string): Promise<void> {
  if (!isNode()) throw new Error('it runs in Node only');
  restoreIsNullOrUndefined();
  // Level 1 hides TensorFlow's greeting about CPU features, but no warnings or errors.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  // TensorFlow enables oneDNN by itself only with AVX-512; with AVX2 alone it still makes a step a fifth faster.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  const threads = threadsAsked();
  if (threads !== undefined) for (const name of TENSORFLOW_THREADS) process.env[name] ??= String(threads);
  await bring(specifier);
}

/** Variables from which TensorFlow takes its numbers of threads, when it starts. */
const TENSORFLOW_THREADS = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'];

/**
 * Imports an optional package. The name is an argument, because the build inlines constants, and a bundler that
 * finds a literal name needs the package.
 */
const bring = (specifier: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);

/** tfjs-node 4.22.0 calls `util.isNullOrUndefined`, which Node 23 removed (tensorflow/tfjs#8425, never released). */
function restoreIsNullOrUndefined(): void {
  const util = nodeModule('node:util', 'the TensorFlow binding') as unknown as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
}

async function loadWebGpu(): Promise<void> {
  if (isNode() && !('gpu' in ((globalThis.navigator as object | undefined) ?? {}))) await loadDawn();
  // A page may have imported it itself.
  const present = tf.findBackendFactory('webgpu') as unknown;
  if (present === null) await bring('@tensorflow/tfjs-backend-webgpu');
  const { gpu } = globalThis.navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
  if ((await gpu?.requestAdapter()) == null) throw new Error('there is no WebGPU adapter');
}

/** True if WebGPU runs on the CPU (SwiftShader), which is correct but very slow. */
function isSoftwareAdapter(): boolean {
  const { device } = tf.backend() as unknown as {
    readonly device?: { readonly adapterInfo?: { readonly isFallbackAdapter?: boolean } };
  };
  return device?.adapterInfo?.isFallbackAdapter === true;
}

/** Dawn, the WebGPU of Chromium, as an npm package for Node. */
async function loadDawn(): Promise<void> {
  const dawn = (await bring('webgpu')) as {
    readonly create: (options: string[]) => unknown;
    readonly globals: object;
  };
  Object.assign(globalThis, dawn.globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: dawn.create([]) }, configurable: true });
}
