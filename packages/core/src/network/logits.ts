import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { expectOption, oneOf, optional } from '../option/index.js';
import { shapeText } from '../tensor/index.js';
import type { Images, Logits, NamedTensors } from '../tensor/index.js';
import { askTeacher } from './ask-teacher.js';
import type { FrozenNetwork, LogitsSource, Network } from './contract.js';
import { expectNetwork } from './expect-network.js';
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
  if (end === undefined || source === 'softmax' || (end.activation === 'softmax' && end.removable)) return;
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
 * @throws DistillError code `network` for a sigmoid, whose values are neither logits nor a distribution
 */
export function sourceAfter(operation: string | undefined, where: string): LogitsSource {
  if (operation === 'Softmax') return 'softmax';
  if (operation !== 'Sigmoid' && operation !== 'HardSigmoid') return 'output';
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

/**
 * A warning if a teacher's "logits" look like probabilities: no value is negative and each row sums to 1. This
 * happens when an unknown layer ends in a softmax. Otherwise undefined.
 *
 * @param taps taps that the run reads: the teacher folds its layers for them
 * @throws DistillError code `network` for logits that are not finite
 */
export async function probabilityWarning(
  teacher: FrozenNetwork,
  images: Images,
  taps?: readonly string[],
): Promise<string | undefined> {
  expectNetwork('probabilityWarning', teacher);
  // A teacher known to give logits is not run, which may be expensive; finite weights suffice.
  if (teacher.givesLogits === true && (await oddWeight(teacher.weights)) === undefined) return undefined;
  const { logits, dispose } = await askTeacher(teacher, images, taps);
  const looksLike = await lookLikeProbabilities(`teacher '${teacher.name}'`, logits, teacher.weights);
  dispose();
  if (teacher.givesLogits === true || !looksLike) return undefined;
  return (
    `The outputs of teacher '${teacher.name}' look like probabilities: none is negative and each row sums to 1. ` +
    "Losses expect logits. Say createNetwork(model, { logitsFrom: 'softmax' }) if they are probabilities."
  );
}

/**
 * The same for a student before training: every loss would apply a second softmax. Also warns if an activation
 * bounds the logits.
 *
 * @throws DistillError code `network` for logits that are not finite
 */
export async function studentWarning(
  where: string,
  student: Network,
  images: Images,
): Promise<string | undefined> {
  const name = `${where} '${student.name}'`;
  const logits = tf.tidy(() => student.forward(images).logits);
  const weights = { ...student.variables, ...student.statistics };
  const looksLike = await lookLikeProbabilities(name, logits, weights);
  logits.dispose();
  if (looksLike)
    return (
      `The outputs of ${name} look like probabilities: none is negative and each row sums to 1. ` + LINEAR_END
    );
  const { activation } = lastOfItsOwn(readGraph(student.model), LIMITING);
  if (!LIMITING.test(activation)) return undefined;
  return `The logits of ${name} have gone through ${activation}, which limits them. ${LINEAR_END}`;
}

/** The name of the first weight with a value that is not finite. */
async function oddWeight(weights: NamedTensors): Promise<string | undefined> {
  for (const [name, weight] of Object.entries(weights))
    if (!(await weight.data()).every(Number.isFinite)) return name;
  return undefined;
}

async function lookLikeProbabilities(where: string, logits: Logits, weights: NamedTensors): Promise<boolean> {
  const [rows, columns] = logits.shape;
  const values = Array.from(await logits.data<'float32'>());
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    const odd = await oddWeight(weights);
    throw new DistillError({
      code: 'network',
      where: `${where}, logits of the first training images`,
      expected: 'finite numbers',
      got: String(wrong),
      hint: odd === undefined ? undefined : `Its weight '${odd}' holds NaN or Infinity.`,
    });
  }
  const isDistribution = (row: readonly number[]): boolean =>
    row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3;
  const all = Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  return columns >= 2 && rows > 0 && all.every(isDistribution);
}

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
