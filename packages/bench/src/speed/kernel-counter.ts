import { GRAPH_VARIABLE } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/** Use of one kind of kernel in the observed steps. */
export interface KernelUse {
  readonly name: string;
  readonly count: number;
  /** Milliseconds in it, without nested kernels; for asynchronous engines, only the time to issue it. */
  readonly milliseconds: number;
}

/** The engine's work during the observed steps. */
export interface EngineUse {
  /** Most used time first. */
  readonly kernels: readonly KernelUse[];
  /** Tensors made, live or not. */
  readonly tensors: number;
  /** Uploads to the engine: images, constants, shapes. */
  readonly uploads: number;
  /** Values read from the engine. */
  readonly reads: number;
}

/** A function of the engine or a backend to observe. */
type Watched = (...args: unknown[]) => unknown;
type Host = Record<string, Watched | undefined>;

/**
 * Runs `work` and counts the operations of the current engine. Kernels are counted where tfjs starts them; TensorFlow ops that core
 * starts itself (batch norm, the gradient of ReLU) count as kernels too.
 *
 * Counting takes time, so observed steps should not be timed as a whole. On engine node they run operation by operation, because
 * operations within a graph have no separate times.
 */
export async function countKernels(work: () => Promise<unknown>): Promise<EngineUse> {
  const found = new Map<string, { count: number; milliseconds: number }>();
  const counts = { uploads: 0, reads: 0 };
  // Time of nested kernels, per depth.
  const inner: number[] = [];

  const timed = (name: string, run: () => unknown): unknown => {
    inner.push(0);
    const started = performance.now();
    try {
      return run();
    } finally {
      const elapsed = performance.now() - started;
      const own = elapsed - (inner.pop() ?? 0);
      if (inner.length > 0) inner[inner.length - 1] = (inner.at(-1) ?? 0) + elapsed;
      const use = found.get(name) ?? { count: 0, milliseconds: 0 };
      found.set(name, { count: use.count + 1, milliseconds: use.milliseconds + own });
    }
  };
  const kernel = (run: Watched): Watched => {
    return (...args) => timed(String(args[0]), () => run(...args));
  };
  // Every kernel of tfjs-node ends in these two; only a call from outside a kernel counts as one.
  const direct = (run: Watched): Watched => {
    return (...args) => (inner.length > 0 ? run(...args) : timed(String(args[0]), () => run(...args)));
  };
  const counted = (what: keyof typeof counts): ((run: Watched) => Watched) => {
    return (run) =>
      (...args) => {
        counts[what] += 1;
        return run(...args);
      };
  };

  const engine = tf.engine() as unknown as Host;
  const backend = tf.backend() as unknown as Host;
  const undo = [
    watch(engine, 'runKernel', kernel),
    watch(backend, 'executeSingleOutput', direct),
    watch(backend, 'executeMultipleOutputs', direct),
    watch(backend, 'write', counted('uploads')),
    watch(engine, 'read', counted('reads')),
    watch(engine, 'readSync', counted('reads')),
  ];
  const before = newTensorId();
  const graphs = process.env[GRAPH_VARIABLE];
  process.env[GRAPH_VARIABLE] = '0';
  try {
    await work();
  } finally {
    if (graphs === undefined) delete process.env['DISTILLJS_GRAPH'];
    else process.env[GRAPH_VARIABLE] = graphs;
    for (const restore of undo) restore();
  }
  const kernels = [...found].map(([name, use]) => ({ name, ...use }));
  return {
    kernels: kernels.sort((a, b) => b.milliseconds - a.milliseconds),
    tensors: newTensorId() - before - 1,
    ...counts,
  };
}

/** Wraps a method. @returns a function that removes the wrapper */
function watch(host: Host, name: string, wrap: (run: Watched) => Watched): () => void {
  const original = host[name];
  if (original === undefined) return () => undefined;
  const own = Object.hasOwn(host, name);
  host[name] = wrap(original.bind(host));
  return () => {
    if (own) host[name] = original;
    else Reflect.deleteProperty(host, name);
  };
}

/** The next tensor id, which counts the tensors that tfjs has made. */
function newTensorId(): number {
  const probe = tf.scalar(0);
  probe.dispose();
  return probe.id;
}
