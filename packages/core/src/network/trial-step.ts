import * as tf from '@tensorflow/tfjs-core';
import { peek } from '../engine/peek.js';
import { onOneTape, withoutTape } from '../engine/tape.js';
import { firstLine } from '../error/first-line.js';
import { DistillError, isDistillError } from '../error/index.js';
import { createRandom } from '../random/index.js';
import { expectShape } from '../tensor/index.js';
import type { Images } from '../tensor/index.js';
import { compileGraph } from './apply-layer.js';
import type { Network } from './contract.js';
import { expectNetwork } from './expect-network.js';
import { failed, runSteps } from './forward-pass.js';
import type { ForwardStep, Pass } from './forward-pass.js';
import { readGraph } from './graph.js';
import type { GraphNode } from './graph.js';
import { learningWeights } from './layer.js';

/**
 * Runs a trial training step on a few images without changing any weight. It finds, before training, a layer
 * without gradient on this engine, or with unseeded random numbers.
 *
 * Costs two forward passes and one backward pass; only a network that fails is checked layer by layer.
 * @throws DistillError codes `network` and `engine`, naming the layer and the operation
 */
export function expectGradients(network: Network, images: Images): void {
  expectNetwork('expectGradients', network);
  expectShape('expectGradients, images', images, [null, ...network.inputShape]);
  const graph = readGraph(network.model);
  const steps = compileGraph(graph);
  const forward = (): tf.Tensor =>
    runSteps(graph, steps, images, trialPass(network))[graph.output] as tf.Tensor;
  tf.tidy(() => {
    const variables = Object.values(network.variables);
    let first: tf.Tensor;
    try {
      first = onOneTape(forward, (logits, gradientOf) => {
        gradientOf(() => tf.mean(tf.square(logits)), variables);
        return tf.clone(logits);
      });
    } catch (cause) {
      // An error of the forward pass already names the layer.
      if (isDistillError(cause)) throw cause;
      walk(network, images, expectGradient);
      throw noGradient(network.name, graph.nodes.at(-1), cause);
    }
    if (differ(first, forward())) walk(network, images, expectRepeatable);
  });
}

interface Look {
  readonly network: string;
  readonly node: GraphNode;
  readonly inputs: readonly tf.Tensor[];
  /** Ids of tensors through which a gradient must pass on its way to a weight. */
  readonly learns: ReadonlySet<number>;
  readonly run: () => unknown;
}

/** Runs the network layer by layer, and checks each layer with its actual inputs. */
function walk(network: Network, images: Images, look: (at: Look) => void): void {
  const graph = readGraph(network.model);
  const learns = new Set<number>();
  const steps = compileGraph(graph).map((step): ForwardStep => ({
    ...step,
    run: (inputs, given, kwargs) => {
      const run = (): unknown => step.run(inputs, { ...given, statistics: [] }, kwargs && { ...kwargs });
      look({ network: network.name, node: step.nodes[0], inputs, learns, run });
      const results = withoutTape(() => step.run(inputs, given, kwargs));
      const has = learningOf(step.nodes[0]).length > 0 || inputs.some(({ id }) => learns.has(id));
      if (has) for (const result of [results].flat()) learns.add((result as tf.Tensor).id);
      return results;
    },
  }));
  runSteps(graph, steps, images, trialPass(network));
}

/** A pass in training mode; its batch statistics are discarded. */
const trialPass = ({ name }: Network): Pass => ({
  network: name,
  training: true,
  random: createRandom(0),
  statistics: [],
});

const learningOf = ({ layer, frozen }: GraphNode): readonly tf.Variable[] =>
  frozen ? [] : learningWeights(layer);

function expectGradient({ network, node, inputs, learns, run }: Look): void {
  const through = [...learningOf(node), ...inputs.filter(({ id }) => learns.has(id))];
  if (through.length === 0) return;
  try {
    onOneTape(
      () => ([run()].flat() as tf.Tensor[]).map((each) => tf.sum<tf.Scalar>(tf.cast(each, 'float32'))),
      (sums, gradientOf) => gradientOf(() => tf.addN(sums), through),
    );
  } catch (cause) {
    throw noGradient(network, node, cause);
  }
}

function noGradient(network: string, node: GraphNode | undefined, cause: unknown): DistillError {
  if (node === undefined) return cause as DistillError;
  const message = firstLine(cause);
  const operation = /gradient function not found for (\w+)/.exec(message)?.[1];
  const error = failed(network, node, cause);
  if (error.code === 'engine') return error;
  return new DistillError({
    code: 'network',
    where: `network '${network}', layer '${node.name}' (${node.layer.getClassName()})`,
    expected: 'a layer that gradients pass through',
    got:
      operation === undefined ? `"${message.slice(0, 300)}"` : `the operation ${operation}, which has none`,
    hint: 'Build the student without it, or freeze it and every layer before it.',
    cause,
  });
}

function expectRepeatable({ network, node, run }: Look): void {
  const [first, second] = [0, 1].map(() => ([withoutTape(run)].flat() as tf.Tensor[])[0] as tf.Tensor);
  if (!differ(first as tf.Tensor, second as tf.Tensor)) return;
  throw new DistillError({
    code: 'network',
    where: `network '${network}', layer '${node.name}' (${node.layer.getClassName()})`,
    expected: 'randomness that the run seeds',
    got: 'other values for the same inputs and the same seed',
    hint: 'Use Dropout, or remove the layer.',
  });
}

/** True if two tensors differ by more than rounding. Skipped on a GPU: reading a busy device may lose it. */
const differ = (a: tf.Tensor, b: tf.Tensor): boolean =>
  withoutTape(() => {
    const apart = peek(tf.max(tf.abs(tf.sub(a, b))))?.[0] ?? 0;
    return apart > 0 && apart > 1e-3 * (1 + (peek(tf.max(tf.abs(a)))?.[0] ?? 0));
  });
