import type * as tf from '@tensorflow/tfjs-core';
import type { DistillError } from '../error/index.js';
import { isObject } from '../model-file/check-wiring.js';

/** A node of a graph model, as its executor keeps it. */
export interface GraphModelNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly GraphModelNode[];
  readonly children: readonly GraphModelNode[];
  /** Attributes as in the file; strings in base64. */
  readonly rawAttrs?: Readonly<Record<string, unknown>>;
}

interface ModelTensor {
  readonly name: string;
  readonly shape?: readonly number[];
  readonly dtype?: string;
}

/** The parts of `GraphModel` (`@tensorflow/tfjs-converter`) that core uses. */
export interface GraphModelLike {
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  readonly weights: Readonly<Record<string, readonly tf.Tensor[]>>;
  execute(inputs: Record<string, tf.Tensor>, outputs: string[]): tf.Tensor | tf.Tensor[];
  dispose(): void;
}

export const isGraphModel = (given: object): given is GraphModelLike =>
  'execute' in given && 'executor' in given && 'weights' in given;

/** The name of a node, of the name of one of its values. */
export const plain = (name: string): string => name.replace(/:\d+$/, '');

/** The nodes by name, in the order of the file. The converter's types keep its executor private. */
export function nodesOf(model: GraphModelLike): ReadonlyMap<string, GraphModelNode> {
  const { executor } = model as unknown as {
    readonly executor: { readonly graph: { readonly nodes: Readonly<Record<string, GraphModelNode>> } };
  };
  return new Map(Object.entries(executor.graph.nodes));
}

/**
 * Settings that tfjs silently ignores, such as channels first, or batch statistics in batch norm (Keras's layer
 * norm).
 */
const LEFT_OUT =
  /^(FusedBatchNorm(V\d)? is_training .*true|(BiasAdd|(Avg|Max)Pool(3D)?|FusedBatchNorm(V\d)?|Conv2DBackpropInput) data_format .*"TkN|OneHot axis (?!.*"-1")|Conv2DBackpropInput dilations .*"[2-9])/;
const RANDOM = /^(Stateless)?(Random|TruncatedNormal|Multinomial)/;

export const AS_ONNX = 'Convert it to ONNX instead.';
const AGAIN = 'Convert the model again: its file is damaged or was edited.';
const ALONE = 'Convert the part from the images to the logits alone';

type Refuse = (expected: string, got: string, hint: string) => DistillError;

/**
 * The input and the output of a graph that tfjs runs as TensorFlow does, and to the same answer each time.
 *
 * @throws what `refuse` makes of what is wrong and what to do
 */
export function expectRunnable(
  { inputs, outputs, weights }: GraphModelLike,
  nodes: ReadonlyMap<string, GraphModelNode>,
  refuse: Refuse,
): { readonly input: ModelTensor; readonly output: ModelTensor } {
  for (const { name, op, children, rawAttrs = {} } of nodes.values()) {
    const what = `${op} '${name}'`;
    for (const [setting, value] of Object.entries(rawAttrs))
      if (LEFT_OUT.test(`${op} ${setting} ${JSON.stringify(value)}`))
        throw refuse(
          'operations that tfjs runs as TensorFlow does',
          `the ${setting} of ${what}, which tfjs leaves out`,
          AS_ONNX,
        );
    if (RANDOM.test(op))
      throw refuse(
        'the same answer every time',
        `${what}, which draws at random`,
        'Convert the model for inference, without dropout and noise (`training=False`).',
      );
    if (/Table/.test(op))
      throw refuse('numbers only', `the lookup table ${what}`, `${ALONE}; class names are an option.`);
    if (op === 'Const' && children.length > 0 && weights[name] === undefined)
      throw refuse('values of every constant', `none of '${name}'`, AGAIN);
  }
  const looped = inCycle(nodes.values());
  if (looped !== undefined) throw refuse('a graph without cycles', `'${looped}' on a cycle`, AGAIN);
  // A constant that nothing reads counts as an output of tfjs's.
  const ends = outputs.filter(({ name }) => nodes.get(plain(name))?.op !== 'Const');
  const [input, output] = [inputs[0], ends[0]];
  if (input === undefined || output === undefined || inputs.length + ends.length > 2)
    throw refuse(
      'one input and one output (the logits)',
      `${inputs.length} inputs (${named(inputs)}) and ${ends.length} outputs (${named(ends)})`,
      `${ALONE}; inner values are taps by the names of their nodes.`,
    );
  if (input.dtype != null && input.dtype !== 'float32')
    throw refuse('float32 images as the input', input.dtype, 'Convert the model with a float32 input.');
  return { input, output };
}

const named = (tensors: readonly ModelTensor[]): string => tensors.map(({ name }) => `'${name}'`).join(', ');

/** The name of a node that depends on itself, other than through a loop of TensorFlow's. */
function inCycle(nodes: Iterable<GraphModelNode>): string | undefined {
  const [open, done] = [new Set<GraphModelNode>(), new Set<GraphModelNode>()];
  const visit = (node: GraphModelNode): string | undefined => {
    if (done.has(node) || node.op === 'NextIteration') return undefined;
    if (open.has(node)) return node.name;
    open.add(node);
    const found = first(node.inputs);
    done.add(node);
    return found;
  };
  const first = (some: Iterable<GraphModelNode>): string | undefined =>
    Array.from(some, visit).find((name) => name !== undefined);
  return first(nodes);
}

/** A node of a file that reads none of the file; undefined if there is none. */
export function wiringProblem(topology: unknown): string | undefined {
  const listed: unknown = isObject(topology) ? topology['node'] : undefined;
  const nodes = (Array.isArray(listed) ? listed : []).filter(isObject);
  const names = new Set(nodes.map(({ name }) => name));
  for (const { name, input } of nodes)
    for (const read of Array.isArray(input) ? input : []) {
      const from = String(read).replace(/^\^|:.*$/g, '');
      if (!names.has(from)) return `'${String(name)}', which reads '${from}', a node that is not in the file`;
    }
  return undefined;
}
