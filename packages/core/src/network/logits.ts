import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { expectOption, oneOf, optional } from '../option/index.js';
import { shapeText } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import type { LogitsSource } from './contract.js';
import { readGraph } from './graph.js';
import type { Graph, GraphNode } from './graph.js';
import { activationOf, innerLayers, isContainer, isUsers, layerConfig } from './layer.js';
import type { Layer } from './layer.js';

/** An activation applied to a model's output, and the layer that applies it. */
export interface OutputActivation {
  readonly node: GraphNode;
  readonly activation: 'softmax' | 'sigmoid' | 'hardSigmoid';
  /** The layer can run without it: it is a separate layer or a setting of a simple one. */
  readonly removable: boolean;
}

/**
 * The softmax or sigmoid in which a graph ends. Layers after it that do not change its values are skipped:
 * reshape, flatten, permute, dropout, ReLU, a linear activation, pooling of one position, and wrappers of
 * these.
 */
export function outputActivation(graph: Graph): OutputActivation | undefined {
  const { node, activation, removable } = lastOfItsOwn(graph);
  if (node === undefined) return undefined;
  if (activation !== 'softmax' && activation !== 'sigmoid' && activation !== 'hardSigmoid') return undefined;
  return { node, activation, removable };
}

/** What a bare model outputs: `probabilities` if it ends in a softmax, else `logits`. */
export const outputKind = (model: LayersModel): 'logits' | 'probabilities' =>
  outputActivation(readGraph(model))?.activation === 'softmax' ? 'probabilities' : 'logits';

/** The hint for a student that does not end in a linear layer. */
export const LINEAR_END = 'Make the last layer linear: every loss applies softmax itself.';

const DISTRIBUTION = /softmax|sigmoid/i;
/**
 * Activations that bound logits on one or both sides: ReLU and its variants, softplus, softsign, tanh, swish,
 * mish.
 */
const LIMITING = /elu|soft|tanh|ish/;

/** The activation that limits the logits of a graph, or undefined. */
export function limitingActivation(graph: Graph): string | undefined {
  const { activation } = lastOfItsOwn(graph, LIMITING);
  return LIMITING.test(activation) ? activation : undefined;
}

/** The last layer that changes values between 0 and 1, or has one of the activations `ends`. */
function lastOfItsOwn(
  graph: Graph,
  ends = DISTRIBUTION,
): {
  readonly node: GraphNode | undefined;
  readonly activation: string;
  readonly removable: boolean;
} {
  let value = graph.output;
  for (;;) {
    const node = graph.nodes.find((each) => each.outputs.includes(value));
    if (node === undefined) return { node, activation: 'linear', removable: false };
    const found = activationIn(node.layer);
    if (ends.test(found.activation) || !keepsValues(node) || node.inputs[0] === undefined)
      return { node, ...found };
    value = node.inputs[0];
  }
}

/** The graph without the softmax at its end, if that can be removed; otherwise the same graph. */
export function withoutSoftmax(graph: Graph, source: LogitsSource): Graph {
  const end = source === 'output' ? outputActivation(graph) : undefined;
  if (end?.activation !== 'softmax' || !end.removable) return graph;
  return { ...graph, nodes: graph.nodes.map((node) => (node === end.node ? { ...node, bare: true } : node)) };
}

/**
 * Checks `logitsFrom`: any other value would silently be taken for `output`.
 *
 * @throws DistillError code `option`
 */
export function expectSource(owner: string, source: LogitsSource | undefined): LogitsSource | undefined {
  expectOption(`${owner}.logitsFrom`, source, optional(oneOf('output', 'softmax')));
  return source;
}

/**
 * Throws unless the output of a graph is, or can be read as, logits.
 *
 * @throws DistillError code `network`
 */
export function expectLogits(modelName: string, graph: Graph, source: LogitsSource): void {
  const last = graph.nodes.find((node) => node.outputs.includes(graph.output));
  const where = (node: GraphNode): string => `model '${modelName}', layer '${node.name}'`;
  if (last !== undefined && last.shape.length !== 1) {
    throw new DistillError({
      code: 'network',
      where: where(last),
      expected: 'logits of shape [batch, classes] as the output',
      got: shapeText([null, ...last.shape]),
      hint: 'End with a dense layer.',
    });
  }
  const end = outputActivation(graph);
  const isDistribution = end?.activation === 'softmax' && (source === 'softmax' || end.removable);
  if (end === undefined || isDistribution) return;
  throw new DistillError({
    code: 'network',
    where: where(end.node),
    expected: 'logits (no softmax) as the output',
    got: `a ${end.activation} output`,
    hint:
      end.activation === 'softmax'
        ? "For a teacher, say createNetwork(model, { logitsFrom: 'softmax' }); make a student's last layer linear."
        : LINEAR_END,
  });
}

/**
 * How logits come from the output of a graph that ends in this operation.
 *
 * @param said what the user says
 * @throws DistillError code `network` for a sigmoid whose values are not said to be logits: they are no distribution
 */
export function sourceAfter(
  operation: string | undefined,
  where: string,
  said: LogitsSource | undefined,
): LogitsSource {
  const isSigmoid = operation === 'Sigmoid' || operation === 'HardSigmoid';
  if (!isSigmoid || said === 'output') return said ?? (operation === 'Softmax' ? 'softmax' : 'output');
  throw new DistillError({
    code: 'network',
    where,
    expected: 'logits, or the probabilities of a softmax, as the output',
    got: 'a sigmoid output',
    hint: "Convert the model without its last sigmoid; if its values are logits to you, say logitsFrom: 'output'.",
  });
}

/** log p, which equals the logits up to a constant per row; p is clamped to float32's smallest normal number. */
export const logProbabilities = (probabilities: tf.Tensor): Logits =>
  tf.log<Logits>(tf.maximum(probabilities, 1.1754944e-38));

const LINEAR = /^(Dense|(Separable|Depthwise)?Conv[123]D)$/;

/** True if the output comes from a linear layer, so that it is not a distribution by design. */
export function endsLinear(graph: Graph): boolean {
  const { node } = lastOfItsOwn(graph);
  if (node === undefined) return false;
  const { kind, config } = layerConfig(node.layer);
  return LINEAR.test(kind) && (node.bare === true || activationOf(config) === 'linear');
}

/** The activation of a layer's output, including that of a wrapped layer. */
function activationIn(layer: Layer): { activation: string; removable: boolean } {
  const { kind, config } = layerConfig(layer);
  if (kind === 'Softmax') return { activation: 'softmax', removable: true };
  if (kind === 'ReLU' || kind === 'ELU') return { activation: kind.toLowerCase(), removable: false };
  const wrapped = innerLayers(layer)[0];
  if (kind === 'TimeDistributed' && wrapped !== undefined) {
    const last = isContainer(wrapped) ? wrapped.layers.at(-1) : wrapped;
    return { activation: last === undefined ? 'linear' : activationIn(last).activation, removable: false };
  }
  // An RNN reads its own outputs: removing the activation would change them.
  return { activation: activationOf(config), removable: wrapped === undefined && !isUsers(layer) };
}

const SAME_VALUES: ReadonlySet<string> = new Set([
  ...['Reshape', 'Flatten', 'Permute', 'InputLayer', 'RepeatVector', 'TimeDistributed'],
  ...['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
  ...['ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'Cropping2D', 'ZeroPadding2D', 'UpSampling2D'],
]);

/** True if a layer passes values between 0 and 1 on unchanged, in any order. */
function keepsValues({ layer, shape, inputShapes }: GraphNode): boolean {
  const size = (axes: readonly number[]): number => axes.reduce((product, axis) => product * axis, 1);
  const given = inputShapes[0] ?? [];
  const { kind, config } = layerConfig(layer);
  if (size(given) !== size(shape)) return false;
  if (/Pooling/.test(kind)) return size(given) === Math.max(...given);
  if (kind === 'Activation') return /^(linear|relu6?|elu)$/.test(activationOf(config));
  if (kind === 'TimeDistributed') return isPassing(innerLayers(layer)[0]);
  if (kind === 'Rescaling') return Number(config['scale']) === 1 && Number(config['offset'] ?? 0) === 0;
  return SAME_VALUES.has(kind);
}

function isPassing(layer: Layer | undefined): boolean {
  if (layer === undefined || isContainer(layer)) return false;
  const { kind, config } = layerConfig(layer);
  return kind === 'Activation' ? activationOf(config) === 'linear' : SAME_VALUES.has(kind);
}
