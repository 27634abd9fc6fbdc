import type { Variable } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../tensor/index.js';
import type { Graph, Layer } from './graph.js';

interface LayerWeight {
  readonly originalName: string;
  /** The variable that holds the weight: private in tfjs-layers' types. */
  readonly val: Variable;
  /** Private as well. The configuration is no use: tfjs writes a depthwise layer's regularizer in its place. */
  readonly constraint?: { getClassName(): string } | null;
}

/** One weight of a layer by the last part of its name, e.g. `kernel`, `gamma`, `moving_mean`. */
export function weightsOf(layer: Layer): ReadonlyMap<string, Variable> {
  const weights = new Map<string, Variable>();
  for (const weight of layer.weights as unknown as readonly LayerWeight[]) {
    const base = weight.originalName.split('/').at(-1) ?? weight.originalName;
    let name = base;
    for (let copy = 1; weights.has(name); copy++) name = `${base}_${copy}`;
    weights.set(name, weight.val);
  }
  return weights;
}

/** Class names of the constraints on a layer's weights, by the last part of the weight's name. */
export function constraintsOf(layer: Layer): readonly (readonly [weight: string, constraint: string])[] {
  return (layer.weights as unknown as readonly LayerWeight[]).flatMap(({ originalName, constraint }) =>
    constraint == null ? [] : [[originalName.split('/').at(-1) ?? originalName, constraint.getClassName()]],
  );
}

/**
 * All weights of a network by names that are stable between runs (`layer/weight`), in graph order; a layer that is
 * applied twice counts once. tfjs's own variable names carry a counter of the process and are no use in a checkpoint.
 */
export function namedWeights(graph: Graph): { trainable: NamedVariables; statistics: NamedVariables } {
  const trainable: Record<string, Variable> = {};
  const statistics: Record<string, Variable> = {};
  const seen = new Set<Layer>();
  for (const { layer, name } of graph.nodes) {
    if (seen.has(layer)) continue;
    seen.add(layer);
    const learning = new Set(layer.trainableWeights.map((weight) => (weight as unknown as LayerWeight).val));
    for (const [weight, variable] of weightsOf(layer)) {
      (learning.has(variable) ? trainable : statistics)[`${name}/${weight}`] = variable;
    }
  }
  return { trainable, statistics };
}

/** Weights of a model by stable names, trainable and not. */
export type ModelWeights = ReturnType<typeof namedWeights>;
