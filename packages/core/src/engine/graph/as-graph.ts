import * as tf from '@tensorflow/tfjs-core';
import { isNode } from '../../platform/node-module.js';
import { tensorFlowBackend } from '../kernels/tensorflow-backend.js';
import type { Binding } from './compiled-graph.js';
import type { DeferredBinding } from './deferred-binding.js';
import type { RecordingUse } from './recording-library.js';
import { REPEAT_VARIABLE, repeater } from './repeat.js';
import type { Repeater, Repetition } from './repeat.js';
import type { TracingBinding } from './trace.js';

/** Environment variable that turns graphs off (`0`). */
export const GRAPH_VARIABLE = 'DISTILLJS_GRAPH';

/** How the steps of this process ran. */
export interface GraphUse extends RecordingUse {
  /** Number of step parts whose operations were replayed without running their JavaScript. */
  readonly repeated: number;
  /** Reasons why other parts ran their JavaScript in every step. */
  readonly issued: readonly string[];
}

/** The layers between a backend and TensorFlow. */
interface Between {
  readonly binding: DeferredBinding;
  readonly tracing: TracingBinding;
  readonly use: Repetition;
}

/** Keyed by backend, because an engine may be loaded again. */
const deferred = new WeakMap<object, Between>();

/** Why operations run one by one on the current engine; undefined if they run as graphs. */
export function whyNoGraphs(): string | undefined {
  const backend = tensorFlowBackend();
  if (backend === null) return 'only the engine node runs graphs';
  if (isNode() && process.env[GRAPH_VARIABLE] === '0') return `${GRAPH_VARIABLE}=0`;
  if (backend.isUsingGpuDevice) return 'on a GPU, tfjs-node would copy all weights to the processor and back';
  return undefined;
}

/** Loaded lazily, only for an engine that runs graphs. */
let loaded: typeof import('./node-graphs.js') | undefined;

/** What a report says about graphs on the current engine, which must run them. */
export async function stepsAsGraphs(): Promise<string> {
  const { hasOwnConvolutions } = (loaded ??= await import('./node-graphs.js'));
  const { binding } = tensorFlowBackend() as unknown as { binding: Binding };
  return `steps as graphs${hasOwnConvolutions(binding) ? ', convolutions by Winograd' : ''}`;
}

/**
 * Runs `compute` with its operations gathered into as few TensorFlow graphs as its reads of values allow. On engines
 * without graphs, and with `graphs: false`, it runs normally.
 */
export async function asGraph<T>(compute: () => Promise<T>, { graphs = true } = {}): Promise<T> {
  const binding = graphs && whyNoGraphs() === undefined ? await graphBinding() : undefined;
  if (binding === undefined) return compute();
  binding.begin();
  let result: T;
  try {
    result = await compute();
  } catch (error) {
    try {
      binding.end();
    } catch {
      // The first error is the one to report.
    }
    throw error;
  }
  binding.end();
  return result;
}

/** True while operations wait to run as a graph: reading a value now would split it in two. */
export function isGathering(): boolean {
  return between()?.binding.isActive === true;
}

function between(): Between | undefined {
  const backend = tensorFlowBackend();
  return backend === null ? undefined : deferred.get(backend);
}

/**
 * A repeater for a part of a step that issues the same operations in every step. They are replayed if the step
 * runs as a graph.
 *
 * @param unfit why they must not be replayed; undefined if they may
 */
export const repeating = (unfit?: string): Repeater =>
  repeater(() => {
    const wish = isNode() ? process.env[REPEAT_VARIABLE] : undefined;
    const known = wish !== '0' && isGathering() ? between() : undefined;
    return known && { ...known, isChecking: wish === 'check' };
  }, unfit);

/** How the steps of this process ran on the current engine; undefined if none ran as a graph. */
export function graphUse(): GraphUse | undefined {
  const known = between();
  if (known === undefined) return undefined;
  const { repeated, issued } = known.use;
  return { ...known.binding.use(), repeated, issued: [...issued] };
}

async function graphBinding(): Promise<DeferredBinding> {
  const { deferBinding, tracingBinding } = (loaded ??= await import('./node-graphs.js'));
  const known = between();
  if (known !== undefined) return known.binding;
  const backend = tensorFlowBackend() as unknown as { binding: Binding };
  const binding = deferBinding(backend.binding, constantIds);
  const tracing = tracingBinding(binding.binding);
  backend.binding = tracing.binding;
  deferred.set(backend, { binding, tracing, use: { repeated: 0, issued: new Set() } });
  return binding;
}

/** Long-lived tensors that never change. */
const constants = new Set<tf.Tensor>();

/** With more bytes, constants are fed to graphs instead: every graph copies the constants that it holds. */
const MOST_CONSTANT_BYTES = 64 * 2 ** 20;

/** Lets graphs hold these tensors (weights of a frozen network) as constants, which TensorFlow can prepare once. */
export function holdInGraphs(tensors: readonly tf.Tensor[]): void {
  for (const tensor of tensors) constants.add(tensor);
}

function constantIds(): ReadonlySet<number> {
  const { tensorMap } = tf.backend() as unknown as {
    readonly tensorMap: { get(data: object): { readonly id: number } | undefined };
  };
  const ids = new Set<number>();
  let bytes = 0;
  for (const tensor of constants) {
    const id = tensor.isDisposed ? undefined : tensorMap.get(tensor.dataId)?.id;
    if (id === undefined) {
      constants.delete(tensor);
      continue;
    }
    ids.add(id);
    bytes += 4 * tensor.size;
  }
  return bytes > MOST_CONSTANT_BYTES ? new Set() : ids;
}
