import { isNode, nodeModule } from '../../platform/node-module.js';
import type { OpAttribute } from '../kernels/tensorflow-backend.js';
import { savedModelBytes } from './graph-def.js';
import { planGraph } from './plan-graph.js';
import type { Recording, Ref, TensorInfo } from './recording.js';

/** Environment variable: with `0`, graphs use only TensorFlow's convolutions. */
const WINOGRAD_VARIABLE = 'DISTILLJS_WINOGRAD';

export type TypedArray = Float32Array | Int32Array | Uint8Array;

export interface OutputInfo extends TensorInfo {
  readonly id: number;
  readonly shape: number[];
}

/** The part of tfjs-node's binding that moves tensors and runs operations. */
export interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  createTensor(shape: number[], dtype: number, values: TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TypedArray;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): OutputInfo[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): OutputInfo[];
}

export interface CompiledGraph {
  /** @returns new tensors, one per wanted value */
  run(idOf: (ref: Ref) => number, wanted: readonly Ref[]): OutputInfo[];
  dispose(): void;
}

/**
 * Compiles a recording to a TensorFlow session. It is written as a SavedModel without variables, which every
 * tfjs-node binding can load. State passes in and out as handles, without a copy.
 */
export function compileGraph(
  binding: Binding,
  recording: Recording,
  bytesOf: (id: number) => Uint8Array,
  ownConvolutions: boolean,
): CompiledGraph {
  const { nodes, feeds, outputs } = planGraph(recording, bytesOf, ownConvolutions);
  const fs = nodeModule('node:fs', 'graphs of training steps');
  const path = nodeModule('node:path', 'graphs of training steps');
  const os = nodeModule('node:os', 'graphs of training steps');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-graph-'));
  let session: number;
  try {
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), savedModelBytes(nodes));
    session = binding.loadSavedModel(folder, 'serve');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const inputNames = feeds.map(({ name }) => `${name}:0`).join(',');
  return {
    run(idOf, wanted) {
      const ids = feeds.map(({ ref }) => idOf(ref));
      const names = wanted.map((ref) => outputs[ref]).join(',');
      return binding.runSavedModel(session, ids, inputNames, names);
    },
    dispose() {
      binding.deleteSavedModel(session);
    },
  };
}

const known = new WeakMap<Binding, boolean>();

/** Whether a binding has this package's convolutions; tested once per binding. */
export function hasOwnConvolutions(binding: Binding): boolean {
  if (isNode() && process.env[WINOGRAD_VARIABLE] === '0') return false;
  let has = known.get(binding);
  if (has === undefined) known.set(binding, (has = tryConvolution(binding)));
  return has;
}

function tryConvolution(binding: Binding): boolean {
  const zeros = (shape: number[]): number =>
    binding.createTensor(
      shape,
      binding.TF_FLOAT,
      new Float32Array(shape.reduce((product, size) => product * size, 1)),
    );
  const inputs = [zeros([1, 4, 4, 16]), zeros([3, 3, 16, 16])];
  try {
    for (const { id } of binding.executeOp('DistilljsInputGradient', [], inputs, 1)) binding.deleteTensor(id);
    return true;
  } catch {
    return false;
  } finally {
    inputs.forEach((id) => {
      binding.deleteTensor(id);
    });
  }
}
