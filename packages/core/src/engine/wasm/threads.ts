import { DistillError } from '../../error/index.js';
import { expectOption, wholeNumber } from '../../option/index.js';
import { isNode, nodeModule } from '../../platform/node-module.js';
import { ARGUMENTS, SLOT, SLOTS, WORKER_SOURCE } from './worker-source.js';

/** Additional threads that take parts of a kernel's work. */
export interface Threads {
  /** Number of threads, including the main thread. */
  readonly count: number;
  /** Runs parts of `grain` items each; the main thread runs its parts by `run`. Returns when all are done. */
  readonly share: (job: Job, run: (first: number, last: number) => void) => void;
}

export interface Job {
  readonly kernel: number;
  readonly args: readonly number[];
  readonly items: number;
  readonly grain: number;
  /** Memory of the threads, `scratchBytes` each, the main thread's first. */
  readonly scratch: number;
  readonly scratchBytes: number;
}

/** What the threads need to run kernels. */
export interface ThreadsOptions {
  readonly count: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of {@link SLOTS} numbers of 4 bytes. */
  readonly control: number;
  /** Names of the kernels by number. */
  readonly names: readonly string[];
}

/**
 * Starts `count - 1` threads. They need not be ready when the first job comes: a late thread takes no part in it.
 *
 * The main thread takes parts like the others and then waits: asleep, except in a page's own thread, which may
 * not sleep.
 */
export function startThreads({ count, ...shared }: ThreadsOptions): Threads {
  const { memory, control } = shared;
  // A permanent view: unlike other memory, a shared memory keeps its old views valid when it grows.
  const slots = new Int32Array(memory.buffer, control, SLOTS);
  slots.fill(0);
  for (let thread = 1; thread < count; thread++) startThread({ ...shared, thread });
  const maySleep = isNode() || isPageWorker();

  return {
    count,
    share({ args, items, grain, ...job }, run) {
      const parts = Math.ceil(items / grain);
      const first = Atomics.load(slots, SLOT.next);
      const end = (first + parts) | 0;
      const written = { ...job, done: 0, failed: 0, first, end, items, grain, argumentCount: args.length };
      Atomics.add(slots, SLOT.job, 1);
      for (const [name, value] of Object.entries(written)) {
        Atomics.store(slots, SLOT[name as keyof typeof written], value);
      }
      args.forEach((value, index) => Atomics.store(slots, ARGUMENTS + index, value));
      Atomics.add(slots, SLOT.job, 1);
      Atomics.notify(slots, SLOT.job);

      for (;;) {
        const part = Atomics.load(slots, SLOT.next);
        if (((end - part) | 0) <= 0) break;
        if (Atomics.compareExchange(slots, SLOT.next, part, (part + 1) | 0) !== part) continue;
        const from = ((part - first) | 0) * grain;
        try {
          run(from, Math.min(from + grain, items));
        } catch {
          // Throw only after the others are done: they work in memory that the caller frees.
          Atomics.store(slots, SLOT.failed, 1);
        }
        Atomics.add(slots, SLOT.done, 1);
      }
      for (let done = Atomics.load(slots, SLOT.done); done < parts; done = Atomics.load(slots, SLOT.done)) {
        if (maySleep) Atomics.wait(slots, SLOT.done, done);
      }
      if (Atomics.load(slots, SLOT.failed) !== 0) {
        throw new DistillError({
          code: 'engine',
          where: 'a kernel of the wasm engine',
          expected: 'code that runs to its end on every thread',
          got: 'a trap',
          hint: 'This is a fault of distilljs: please report it. The engines cpu and node do not run this code.',
        });
      }
    },
  };
}

function startThread(data: object): void {
  if (isNode()) {
    const { Worker } = nodeModule('node:worker_threads', 'the threads of the wasm engine');
    // Unreferenced, so that a waiting thread does not keep the program alive.
    new Worker(WORKER_SOURCE, { eval: true, workerData: data }).unref();
    return;
  }
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(data);
}

let asked: number | undefined;

/** Sets the number that {@link threadsWanted} returns. */
export function askForThreads(count: number): void {
  expectOption('resolveEngine, threads', count, wholeNumber({ min: 1, max: 64 }));
  asked = count;
}

/**
 * The number of threads to run: the requested number, else the number of processors, at most 8. A page's worker
 * leaves one processor to its page.
 */
export function threadsWanted(): number {
  const set = threadsAsked();
  if (set !== undefined) return set;
  const processors = isNode()
    ? nodeModule('node:os', 'the threads of the wasm engine').availableParallelism()
    : globalThis.navigator.hardwareConcurrency - (isPageWorker() ? 1 : 0);
  return Math.max(1, Math.min(processors, MOST_THREADS));
}

/** The number of threads that the caller asked for, else the environment variable; undefined where neither did. */
export function threadsAsked(): number | undefined {
  const set = asked ?? (isNode() ? Number(process.env[THREADS_VARIABLE] ?? NaN) : NaN);
  return Number.isInteger(set) && set > 0 ? set : undefined;
}

const isPageWorker = (): boolean => 'DedicatedWorkerGlobalScope' in globalThis;

/** Environment variable with the number of an engine's threads. */
const THREADS_VARIABLE = 'DISTILLJS_THREADS';
/** With more threads, the parts of a small network's work get too small. */
const MOST_THREADS = 8;
