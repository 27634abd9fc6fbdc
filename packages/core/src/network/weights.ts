import type { Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../tensor/index.js';
import type { Graph, GraphNode } from './graph.js';
import { learningWeights, weightsOf } from './layer.js';
import type { Layer } from './layer.js';

/** Weights of a model by stable names. */
export interface ModelWeights {
  /** What gradients move. */
  readonly trainable: NamedVariables;
  /** What they do not: moving means and variances, and all weights of frozen layers. */
  readonly statistics: NamedVariables;
}

/** One application of each layer, in graph order: a layer that is applied twice holds its weights once. */
export function eachLayer(graph: Graph): readonly GraphNode[] {
  const seen = new Set<Layer>();
  return graph.nodes.filter(({ layer }) => !seen.has(layer) && seen.add(layer));
}

/**
 * All weights of a network by names that are stable between runs (`layer/weight`), in graph order. tfjs's own variable
 * names carry a counter of the process and are no use in a checkpoint.
 */
export function namedWeights(graph: Graph): ModelWeights {
  const trainable: Record<string, Variable> = {};
  const statistics: Record<string, Variable> = {};
  for (const { layer, key, frozen } of eachLayer(graph)) {
    const learning = new Set(frozen ? [] : learningWeights(layer));
    for (const [weight, variable] of weightsOf(layer))
      (learning.has(variable) ? trainable : statistics)[`${key}/${weight}`] = variable;
  }
  return { trainable, statistics };
}

/** How many numbers these weights are. */
export const countWeights = (weights: NamedVariables): number =>
  Object.values(weights).reduce((sum, { size }) => sum + size, 0);
