import * as tf from '@tensorflow/tfjs-core';
import { KERNEL_BINARY } from './kernel-binary.js';
import { isWasmBackend } from './wasm-backend.js';
import type { WasmBackend } from './wasm-backend.js';

/** The kernels of packages/core/kernels at work in the memory of tfjs's wasm backend. */
export interface WasmKernels {
  /** Where a tensor lies. */
  readonly address: (tensor: tf.TensorInfo) => number;
  /** A new tensor of float32, its values not set. */
  readonly output: (shape: readonly number[]) => tf.TensorInfo;
  /** Memory for the time of a call. */
  readonly withScratch: <T>(bytes: number, use: (address: number) => T) => T;
  /** Writes integers into the memory. */
  readonly write: (address: number, values: readonly number[]) => void;
  /** Runs a kernel once. */
  readonly run: (name: KernelName, args: readonly number[]) => void;
  /**
   * Runs a kernel over `items`, which it takes as its last two arguments, first and last + 1. Before these it takes the
   * address of `scratchBytes` bytes of its own, where that is not 0.
   */
  readonly over: (name: KernelName, items: number, args: readonly number[], scratchBytes?: number) => void;
}

export type KernelName =
  | 'blockGradientSums'
  | 'blockMoments'
  | 'convolve'
  | 'filterGradient'
  | 'mergeGradientSums'
  | 'mergeMoments'
  | 'normalise'
  | 'normaliseGradient'
  | 'packFilter'
  | 'packPhase'
  | 'reluGradient'
  | 'sumFilterGradient';

/** Under this name a backend carries its kernels, or the reason why it has none: they live as long as its memory. */
const KERNELS = Symbol.for('distilljs.wasmKernels');

/** The kernels of the current backend; null where it has none. */
export function wasmKernels(): WasmKernels | null {
  return tf.getBackend() === 'wasm' ? wasmKernelsOf(tf.backend()) : null;
}

/** The kernels of a tfjs backend; null where it has none. Starts them at the first call. */
export function wasmKernelsOf(backend: unknown): WasmKernels | null {
  const started = startOn(backend);
  return typeof started === 'string' ? null : started;
}

/** The kernels of a backend where they can work on these tensors: all of float32, none empty. */
export function kernelsFor(backend: unknown, tensors: readonly tf.TensorInfo[]): WasmKernels | null {
  const fit = tensors.every(({ dtype, shape }) => dtype === 'float32' && !shape.includes(0));
  return fit ? wasmKernelsOf(backend) : null;
}

/** Why a tfjs backend has no {@link WasmKernels}, if so. */
export function wasmKernelsRefusal(backend: unknown): string | undefined {
  const started = startOn(backend);
  return typeof started === 'string' ? started : undefined;
}

function startOn(backend: unknown): WasmKernels | string {
  const carrier = backend as { [KERNELS]?: WasmKernels | string | undefined };
  const started = carrier[KERNELS] ?? start(backend);
  carrier[KERNELS] = started;
  return started;
}

function start(backend: unknown): WasmKernels | string {
  if (!isWasmBackend(backend)) return "this version of tfjs's wasm backend does not show its memory";
  try {
    const { memory } = backend.wasm.asm;
    const module = new WebAssembly.Module(decode(KERNEL_BINARY));
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    return kernelsIn(backend, instance.exports as unknown as Record<KernelName, Kernel>);
  } catch (error) {
    return `the kernels do not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

type Kernel = (...args: number[]) => void;

function kernelsIn(backend: WasmBackend, kernels: Readonly<Record<KernelName, Kernel>>): WasmKernels {
  const { wasm } = backend;
  const withScratch = <T>(bytes: number, use: (address: number) => T): T => {
    // Above 2 GiB the address comes back negative.
    const address = wasm._malloc(bytes) >>> 0;
    try {
      return use(address);
    } finally {
      wasm._free(address);
    }
  };
  return {
    address: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
    output: (shape) => backend.makeOutput([...shape], 'float32'),
    withScratch,
    write(address, values) {
      // A view of this moment: the memory may grow, and views of it before are empty then.
      new Int32Array(wasm.asm.memory.buffer, address, values.length).set(values);
    },
    run(name, args) {
      kernels[name](...args);
    },
    over(name, items, args, scratchBytes = 0) {
      if (scratchBytes === 0) kernels[name](...args, 0, items);
      else {
        withScratch(scratchBytes, (scratch) => {
          kernels[name](...args, scratch, 0, items);
        });
      }
    },
  };
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
