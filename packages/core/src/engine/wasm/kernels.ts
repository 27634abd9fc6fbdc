import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../../error/first-line.js';
import { declareShared } from './declare-shared.js';
import { KERNEL_BINARY } from './kernel-binary.js';
import { sharedMemoryRefusal } from './shared-memory.js';
import { startThreads, threadsWanted } from './threads.js';
import type { Threads, ThreadsOptions } from './threads.js';
import { guardMemory, isWasmBackend, memoryOf } from './wasm-backend.js';
import type { WasmBackend } from './wasm-backend.js';
import { SLOTS } from './worker-source.js';

/** The kernels of packages/core/kernels at work in the memory of tfjs's wasm backend. */
export interface WasmKernels {
  /** Address of a tensor. */
  readonly address: (tensor: tf.TensorInfo) => number;
  /** A new tensor, of float32 unless said otherwise, its values not set. */
  readonly output: (shape: readonly number[], dtype?: tf.DataType) => tf.TensorInfo;
  /** Temporary memory during a call. */
  readonly withScratch: <T>(bytes: number, use: (address: number) => T) => T;
  /** Writes integers into the memory. */
  readonly write: (address: number, values: readonly number[]) => void;
  /** Runs a kernel once. */
  readonly run: (name: KernelName, args: readonly number[]) => void;
  /**
   * Runs a kernel over `items` in parts on all threads. Its last two arguments are the first item and the last
   * + 1; its result must not depend on the parts. `work` is the approximate number of steps per item. If
   * `scratchBytes` is not 0, the argument before the last two is the address of as many bytes of scratch
   * memory.
   */
  readonly over: (
    name: KernelName,
    items: number,
    work: number,
    args: readonly number[],
    scratchBytes?: number,
  ) => void;
  /** Threads that kernels run on. */
  readonly threads: number;
  /** Why there is only one thread, if so. */
  readonly oneThread: string | undefined;
}

const KERNEL_NAMES = [
  'blockGradientSums',
  'blockMoments',
  'convolve',
  'copyView',
  'depthwiseFilterGradient',
  'depthwiseInputGradient',
  'filterGradient',
  'gatherRows',
  'matMul',
  'matVec',
  'maxPoolGradient',
  'mergeGradientSums',
  'mergeMoments',
  'normalize',
  'normalizeGradient',
  'packFilter',
  'packPhase',
  'reluGradient',
  'sumFilterGradient',
  'sumInOrder',
  'winogradConvolve',
  'winogradFilter',
  'winogradFilterGradient',
] as const;

export type KernelName = (typeof KERNEL_NAMES)[number];

/** Maximum number of parts of a job, and minimum number of steps of a part: waking a thread is expensive. */
const PARTS = 32;
const LEAST_WORK = 2 ** 16;

/**
 * Key under which a backend stores its kernels, or the reason why it has none: they live as long as its memory.
 */
const KERNELS = Symbol.for('distilljs.wasmKernels');

/** The kernels of the current backend; null if it has none. */
export function wasmKernels(): WasmKernels | null {
  return tf.getBackend() === 'wasm' ? wasmKernelsOf(tf.backend()) : null;
}

/** The kernels of a tfjs backend; null if it has none. The first call starts them. */
export function wasmKernelsOf(backend: unknown): WasmKernels | null {
  const started = startOn(backend);
  return typeof started === 'string' ? null : started;
}

/** The kernels of a backend if they support these tensors: all float32, none empty. Otherwise null. */
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
  const memory = isWasmBackend(backend) ? memoryOf(backend.wasm) : undefined;
  if (!isWasmBackend(backend) || memory === undefined) {
    return "this version of tfjs's wasm backend does not show its memory";
  }
  guardMemory(backend.wasm, memory);
  try {
    const binary = decode(KERNEL_BINARY);
    const shared = sharedMemoryRefusal() === undefined && memory.buffer instanceof SharedArrayBuffer;
    const module = new WebAssembly.Module((shared ? declareShared(binary) : null) ?? binary);
    return kernelsIn(backend, module, memory);
  } catch (error) {
    return `the kernels do not start: ${firstLine(error)}`;
  }
}

function kernelsIn(
  backend: WasmBackend,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): WasmKernels {
  const { wasm } = backend;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as unknown as Readonly<Record<KernelName, (...args: number[]) => void>>;
  // Above 2 GiB addresses come back negative.
  const allocate = (bytes: number): number => wasm._malloc(bytes) >>> 0;
  const withScratch = <T>(bytes: number, use: (address: number) => T): T => {
    const address = allocate(bytes);
    try {
      return use(address);
    } finally {
      wasm._free(address);
    }
  };
  const threads = tryThreads(
    () => ({
      ...{ count: threadsWanted(), module, memory },
      ...{ control: allocate(SLOTS * 4), names: KERNEL_NAMES },
    }),
    memory,
  );
  const several = typeof threads === 'string' ? null : threads;

  return {
    threads: several?.count ?? 1,
    oneThread: typeof threads === 'string' ? threads : undefined,
    address: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
    output: (shape, dtype = 'float32') => backend.makeOutput([...shape], dtype),
    withScratch,
    write(address, values) {
      // Make a new view each time: when the memory grows, earlier views become empty.
      new Int32Array(memory.buffer, address, values.length).set(values);
    },
    run(name, args) {
      kernels[name](...args);
    },
    over(name, items, work, args, scratchBytes = 0) {
      const grain = Math.max(Math.ceil(items / PARTS), Math.ceil(LEAST_WORK / work));
      const alone = several === null || grain >= items;
      const inScratch = (scratch: number): void => {
        const all = scratchBytes === 0 ? args : [...args, scratch];
        const run = (first: number, last: number): void => {
          kernels[name](...all, first, last);
        };
        if (alone) run(0, items);
        else
          several.share(
            { kernel: KERNEL_NAMES.indexOf(name), args, items, grain, scratch, scratchBytes },
            run,
          );
      };
      if (scratchBytes === 0) inScratch(0);
      else withScratch(scratchBytes * (alone ? 1 : several.count), inScratch);
    },
  };
}

function tryThreads(options: () => ThreadsOptions, memory: WebAssembly.Memory): Threads | string {
  const refusal = sharedMemoryRefusal();
  if (refusal !== undefined) return refusal;
  if (!(memory.buffer instanceof SharedArrayBuffer)) {
    return 'the wasm backend was started before resolveEngine, with a memory that threads cannot share';
  }
  if (threadsWanted() === 1) return 'one processor for it, or one thread asked for';
  try {
    return startThreads(options());
  } catch (error) {
    return `no thread starts: ${firstLine(error)}`;
  }
}

/** Bytes of the text that `asText` in kernels/build.mjs makes: 86 of them in hexadecimal, then letters for all. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const common = Array.from(text.slice(0, 172).match(/../g) ?? [], (byte) => parseInt(byte, 16));
  const order = [...new Set([...common, ...Array(256).keys()])];
  const bytes: number[] = [];
  let before = 0;
  for (const letter of text.slice(172)) {
    const code = letter.charCodeAt(0);
    // The quote, the backslash and the backtick are left out.
    const at = before + code - 35 - Number(code > 39) - Number(code > 92) - Number(code > 96);
    const isFirst = before === 0 && at >= 86;
    if (!isFirst) bytes.push(order[at] ?? 0);
    before = isFirst ? 86 + (at - 86) * 89 : 0;
  }
  return Uint8Array.from(bytes);
}
