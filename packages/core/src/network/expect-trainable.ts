import { DistillError } from '../error/index.js';
import { activationOf, layerConfig } from './layer-config.js';
import type { Graph, GraphNode } from './graph.js';
import { constraintsOf } from './weights.js';

const UNSEEDED = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/**
 * Refuses what would train wrongly without a word: an output that is no logits, a regularizer that no loss would
 * include, a constraint that no optimizer would apply, noise that no seed decides, batch norm over another axis than channels.
 *
 * @throws DistillError code `network`, naming the layer and what to do
 */
export function expectTrainable(modelName: string, graph: Graph): void {
  const refuse = (node: GraphNode, expected: string, got: string, hint: string): never => {
    throw new DistillError({
      code: 'network',
      where: `model '${modelName}', layer '${node.name}'`,
      expected,
      got,
      hint,
    });
  };
  for (const node of graph.nodes) {
    const { kind, config } = layerConfig(node.layer);
    if (UNSEEDED.has(kind)) {
      refuse(
        node,
        'randomness that the run seeds',
        `an unseeded ${kind} layer`,
        'Use Dropout, or remove the layer.',
      );
    }
    const recurrentDropout = ['dropout', 'recurrentDropout'].some((key) => Number(config[key] ?? 0) > 0);
    if (recurrentDropout)
      refuse(node, 'randomness that the run seeds', `dropout inside ${kind}`, 'Set it to 0.');
    const losses = (node.layer as unknown as { readonly losses?: readonly unknown[] }).losses ?? [];
    if (losses.length > 0) {
      refuse(
        node,
        'no regularizer (no method includes it in its loss)',
        `${losses.length}`,
        'Use weightDecay of the optimizer instead.',
      );
    }
    for (const [weight, constraint] of constraintsOf(node.layer)) {
      refuse(
        node,
        'no weight constraint (no optimizer applies it)',
        `${constraint} on '${weight}'`,
        'Build the layer without it; weightDecay of the optimizer keeps weights small.',
      );
    }
    if (kind === 'BatchNormalization') {
      const axis = Number(config['axis'] ?? -1);
      const rank = node.shape.length + 1;
      if (axis !== -1 && axis !== rank - 1) {
        refuse(
          node,
          'batch norm over the last axis (NHWC)',
          `axis ${axis} of ${rank}`,
          'Build the model with channels last.',
        );
      }
    }
  }
  const last = graph.nodes.find((node) => node.outputs.includes(graph.output));
  if (last === undefined) return;
  const { kind, config } = layerConfig(last.layer);
  const activation = kind === 'Softmax' ? 'softmax' : activationOf(config);
  if (activation === 'softmax' || activation === 'sigmoid') {
    refuse(
      last,
      'logits (no softmax) as the output',
      `a ${activation} output`,
      'Make the last layer linear: every loss applies softmax itself.',
    );
  }
  if (last.shape.length !== 1) {
    refuse(
      last,
      'logits of shape [batch, classes] as the output',
      `[*, ${last.shape.join(', ')}]`,
      'End with a dense layer.',
    );
  }
}
