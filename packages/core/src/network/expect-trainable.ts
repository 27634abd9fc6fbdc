import { DistillError } from '../error/index.js';
import type { Network } from './contract.js';
import { expectNetwork } from './expect-network.js';
import { readGraph } from './graph.js';
import type { GraphNode } from './graph.js';
import {
  constraintsOf,
  internals,
  layerConfig,
  learningWeights,
  normalizesAnotherAxis,
  trainableConflict,
  weightsOf,
  withInner,
} from './layer.js';
import { LINEAR_END, outputActivation } from './logits.js';
import { UNSEEDED } from './random-layers.js';

/**
 * Refuses a student that would silently train wrongly. It must not have: an output other than logits; a
 * regularizer, which no loss includes; a constraint, which no optimizer applies; unseeded noise; batch norm
 * over an axis other than the last; a `trainable` that tfjs ignores, or that has changed since the network was
 * made; no trainable weights. A teacher may have all of these.
 *
 * @throws DistillError code `network`, naming the layer and what to do
 */
export function expectTrainable(network: Network): void {
  expectNetwork('expectTrainable', network);
  const { name: modelName, model, logitsFrom, variables, statistics } = network;
  const graph = readGraph(model);
  for (const node of graph.nodes) {
    const { frozen, layer: own } = node;
    const others: readonly unknown[] = Object.values(frozen ? variables : statistics);
    if (
      (frozen ? [...weightsOf(own).values()] : learningWeights(own)).some((weight) => others.includes(weight))
    )
      refuse(
        node.name,
        'the `trainable` that it had when its network was made',
        String(!frozen),
        'Set it before `createNetwork(model)`.',
      );
    const problem = withInner(node.layer)
      .map((layer) => problemOf(layer, node))
      .find((found) => found !== undefined);
    if (problem !== undefined) refuse(node.name, ...problem);
  }
  const end = outputActivation(graph);
  if (end !== undefined || logitsFrom === 'softmax') {
    refuse(
      end?.node.name ?? graph.nodes.at(-1)?.name ?? '',
      'logits (no softmax) as the output',
      `a ${end?.activation ?? 'softmax'} output`,
      LINEAR_END,
    );
  }
  if (Object.keys(variables).length === 0) {
    throw new DistillError({
      code: 'network',
      where: `model '${modelName}'`,
      expected: 'a student with weights that learn',
      got: graph.nodes.some(({ frozen }) => frozen) ? 'only frozen layers' : 'no weights',
      hint: 'Set trainable to true on the model and the layers that should learn.',
    });
  }

  function refuse(layer: string, expected: string, got: string, hint: string): never {
    const where = `model '${modelName}', layer '${layer}'`;
    throw new DistillError({ code: 'network', where, expected, got, hint });
  }
}

type Problem = readonly [expected: string, got: string, hint: string];

function problemOf(layer: GraphNode['layer'], { frozen, shape }: GraphNode): Problem | undefined {
  const { kind, config } = layerConfig(layer);
  if (UNSEEDED.has(kind))
    return [
      'randomness that the run seeds',
      `an unseeded ${kind} layer`,
      'Use Dropout, or remove the layer.',
    ];
  // A frozen layer needs no regularizer, no constraint and no batch statistics.
  if (frozen) return undefined;
  const conflict = trainableConflict(layer);
  if (conflict !== undefined) return conflict;
  const losses = internals(layer).losses ?? [];
  if (losses.length > 0) {
    return [
      'no regularizer (no method includes it in its loss)',
      `${losses.length}`,
      'Use weightDecay of the optimizer instead.',
    ];
  }
  const [constrained] = constraintsOf(layer);
  if (constrained !== undefined) {
    return [
      'no weight constraint (no optimizer applies it)',
      `${constrained[1]} on '${constrained[0]}'`,
      'Build the layer without it; weightDecay of the optimizer keeps weights small.',
    ];
  }
  const { momentum } = config;
  if (kind === 'BatchNormalization' && !(0 <= Number(momentum) && Number(momentum) <= 1)) {
    return [
      'batch norm with a momentum from 0 to 1',
      String(momentum),
      'It is the share of a moving statistic that a step keeps, such as 0.9.',
    ];
  }
  if (normalizesAnotherAxis(kind, config, shape.length + 1)) {
    return [
      'batch norm over the last axis (NHWC)',
      `axis ${Number(config['axis'])} of ${shape.length + 1}`,
      'Build the model with channels last.',
    ];
  }
  return undefined;
}
