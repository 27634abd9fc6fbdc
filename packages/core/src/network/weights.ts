import type { Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../tensor/index.js';
import type { Graph, GraphNode } from './graph.js';
import { learningWeights, weightsOf } from './layer.js';
import type { Layer } from './layer.js';

/** Weights of a model by stable names. */
export interface ModelWeights {
  /** Weights that gradients update. */
  readonly trainable: NamedVariables;
  /** All other weights: moving means and variances, and all weights of frozen layers. */
  readonly statistics: NamedVariables;
}

/** The first application of each layer, in graph order: a layer applied twice has its weights once. */
export function eachLayer(graph: Graph): readonly GraphNode[] {
  const seen = new Set<Layer>();
  return graph.nodes.filter(({ layer }) => !seen.has(layer) && seen.add(layer));
}

/**
 * All weights of a network by names that are stable between runs (`layer/weight`), in graph order. tfjs's own variable
 * names contain a process-wide counter and cannot identify weights in a checkpoint.
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

/** Total number of values in these weights. */
export const countWeights = (weights: NamedVariables): number =>
  Object.values(weights).reduce((sum, { size }) => sum + size, 0);
