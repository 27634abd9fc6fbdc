import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { withoutTape } from '../engine/tape.js';
import { describeValue, DistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { expectKnown } from '../option/index.js';
import { expectShape, shapeText } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import { inParts } from './ask-teacher.js';
import type { FrozenNetwork, LogitsSource, NetworkNode } from './contract.js';
import { graphNormalization } from './expected-normalization.js';
import { AS_ONNX, expectRunnable, isGraphModel, nodesOf, plain } from './graph-model.js';
import type { GraphModelLike, GraphModelNode } from './graph-model.js';
import { expectSource, logProbabilities, sourceAfter } from './logits.js';
import { missingTap, networkOutput } from './taps.js';

export interface GraphTeacherOptions {
  /** Name of the teacher. Default `teacher`. */
  readonly name?: string | undefined;
  /** Additional tap names for nodes: `{ alias: 'node' }`. */
  readonly taps?: Readonly<Record<string, string>> | undefined;
  /** Interpretation of the output. Default: `softmax` for a graph that ends in one, else `output`. */
  readonly logitsFrom?: LogitsSource | undefined;
}

/** Operations that pass values on unchanged. */
const PASSING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze', 'StopGradient', 'Snapshot']);

/**
 * A graph model (of `@tensorflow/tfjs-converter`) as a teacher; it cannot be trained. Node names serve as taps.
 * If the graph ends in a softmax, the logits are the logarithm of its output.
 *
 * MACs are unknown (NaN). `dispose` does not free the model, which stays the caller's.
 * @throws DistillError code `network` unless the graph takes images and gives one row of logits per image in one
 *   synchronous pass; `option` for wrong arguments
 */
export function freezeGraphModel(model: GraphModelLike, options: GraphTeacherOptions = {}): FrozenNetwork {
  expectKnown('freezeGraphModel', options, ['name', 'taps', 'logitsFrom']);
  const { name = 'teacher', taps: aliases = {} } = options;
  if (typeof model !== 'object' || (model as unknown) === null || !isGraphModel(model)) {
    const isLayers = typeof model === 'object' && (model as unknown) !== null && 'layers' in model;
    throw new DistillError({
      code: 'option',
      where: 'freezeGraphModel',
      expected: 'a graph model of @tensorflow/tfjs-converter',
      got: isLayers ? 'a layers model' : describeValue(model),
      hint: isLayers ? 'Write `freeze(createNetwork(model))`.' : 'Load one: `await loadTeacher(place)`.',
    });
  }
  const source = expectSource('freezeGraphModel', options.logitsFrom);
  const refuse = (expected: string, got: string, hint?: string): DistillError =>
    new DistillError({ code: 'network', where: `graph model '${name}'`, expected, got, hint });
  const nodes = nodesOf(model);
  const { input, output } = expectRunnable(model, nodes, refuse);
  const axes = (input.shape ?? []).map((axis) => (axis > 0 ? axis : -1));
  const [, height = -1, width = -1, channels = -1] = axes;
  const inputShape = [height, width, channels] as const;
  if (axes.length !== 4) {
    const hint = 'Convert it with the images, [batch, height, width, channels], as its input.';
    throw refuse('images of shape [batch, height, width, channels] as the input', shapeText(axes), hint);
  }
  const logitsFrom = sourceAfter(lastOperation(nodes.get(plain(output.name))), `network '${name}'`, source);
  const tapNames = [
    ...new Set([...Object.keys(aliases), ...[...nodes.values()].filter(isTap).map((node) => node.name)]),
  ];
  const nodeOf = (tap: string): string => {
    const found = aliases[tap] ?? tap;
    if (!nodes.has(found)) throw missingTap(`network '${name}'`, tap, tapNames, []);
    return found;
  };

  const run = (images: tf.Tensor, wanted: readonly string[]): tf.Tensor[] => {
    const asked = [...new Set([output.name, ...wanted.map(nodeOf)])];
    const execute = (part: tf.Tensor): tf.Tensor[] => [model.execute({ [input.name]: part }, asked)].flat();
    const results = withoutTape(() => tf.tidy(() => inParts(images, axes[0], execute)));
    return [output.name, ...wanted.map(nodeOf)].map((each) => results[asked.indexOf(each)] as tf.Tensor);
  };
  // Shapes are known only after a run; axes of any size are set to 32.
  const shapesOf = (names: readonly string[]): readonly (readonly number[])[] =>
    tf.tidy(() => {
      const images = tf.zeros([1, ...inputShape.map((axis) => (axis === -1 ? 32 : axis))]);
      return run(images, names).map(({ shape }) => shape.slice(1));
    });
  const shapes = new Map<string, readonly number[]>();
  const shapeOf = (tap: string | undefined): readonly number[] => {
    const key = tap === undefined ? '' : nodeOf(tap);
    const found = shapes.get(key) ?? shapesOf(tap === undefined ? [] : [tap]).at(-1) ?? [];
    shapes.set(key, found);
    return found;
  };
  let inside: readonly NetworkNode[] | undefined;
  let outputShape: readonly number[];
  try {
    outputShape = shapeOf(undefined);
  } catch (cause) {
    const got = firstLine(cause).slice(0, 300);
    throw refuse(
      'a graph that runs in one synchronous pass',
      `"${got}"`,
      /dynamic op|executeAsync/.test(got)
        ? 'Convert the model without control flow (recurrent layers with `unroll=True`), or to ONNX.'
        : AS_ONNX,
    );
  }
  if (outputShape.length !== 1)
    throw refuse('logits of shape [batch, classes] as the output', shapeText([null, ...outputShape]));

  return {
    name,
    inputShape,
    classes: outputShape[0] ?? -1,
    tapNames,
    tapShape: shapeOf,
    tapOutput: (tap) => [...nodes.keys()].indexOf(nodeOf(tap)),
    nodes: () => (inside ??= nodesFrom(nodes.get(plain(input.name)), (names) => shapesOf(names).slice(1))),
    parameters: Object.values(model.weights)
      .flat()
      .reduce((sum, { size, dtype }) => sum + (dtype === 'float32' ? size : 0), 0),
    macs: NaN,
    // The model's tensors are constants, so no student can share them.
    weights: {},
    givesLogits: logitsFrom === 'softmax',
    normalization: graphNormalization(nodes.get(plain(input.name)), model, channels),
    logitsFrom,
    fingerprint: () => fingerprintOf(model, nodes, logitsFrom),
    forward(images, taps = []) {
      expectShape(`network '${name}', images`, images, [null, ...inputShape]);
      const [given, ...values] = run(images, taps);
      const logits =
        logitsFrom === 'softmax' ? withoutTape(() => logProbabilities(given as tf.Tensor)) : given;
      return networkOutput(name, logits as Logits, taps, values);
    },
    dispose() {
      shapes.clear();
    },
  };
}

const isTap = ({ op }: GraphModelNode): boolean => op !== 'Const' && op !== 'Placeholder' && op !== 'NoOp';

/** The nodes that depend on the images, with shapes from one pass; empty if one pass cannot return all. */
function nodesFrom(
  input: GraphModelNode | undefined,
  shapesOf: (names: readonly string[]) => readonly (readonly number[])[],
): readonly NetworkNode[] {
  if (input === undefined) return [];
  const found = new Set<GraphModelNode>();
  const ordered: GraphModelNode[] = [];
  const visit = (node: GraphModelNode): void => {
    if (found.has(node)) return;
    found.add(node);
    // Values computed from a shape do not depend on the images' values.
    if (node.op !== 'Shape') for (const child of node.children) visit(child);
    ordered.unshift(node);
  };
  visit(input);
  const inner = ordered.filter(({ op }) => op !== 'Placeholder' && op !== 'Shape');
  try {
    const shapes = shapesOf(inner.map(({ name }) => name));
    return inner.map(({ name, op, inputs }, at) => ({
      name,
      op,
      inputs: inputs.filter((each) => found.has(each)).map((each) => each.name),
      shape: shapes[at] ?? [],
    }));
  } catch {
    return [];
  }
}

const lastOperation = (node: GraphModelNode | undefined): string | undefined =>
  node !== undefined && PASSING.has(node.op) ? lastOperation(node.inputs[0]) : node?.op;

async function fingerprintOf(
  model: GraphModelLike,
  nodes: ReadonlyMap<string, GraphModelNode>,
  logitsFrom: LogitsSource,
): Promise<string> {
  const hash = sha256.create();
  const wiring = [...nodes.values()].map((node) => {
    const { op, inputs, attrParams = {} } = node as GraphModelNode & { readonly attrParams?: object };
    return [node.name, op, inputs.map((each) => each.name), attrParams];
  });
  hash.update(utf8ToBytes(JSON.stringify([logitsFrom, wiring])));
  for (const [name, tensors] of Object.entries(model.weights)) {
    for (const tensor of tensors) {
      if ((tensor.dtype as string) === 'string') continue;
      hash.update(utf8ToBytes(name));
      hash.update(new Uint8Array(Float32Array.from(await tensor.data()).buffer));
    }
  }
  return bytesToHex(hash.digest());
}
