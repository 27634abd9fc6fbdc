import type { Normalization } from '../data/normalization.js';
import { peek } from '../engine/peek.js';
import type { Network } from './contract.js';
import { readGraph } from './graph.js';
import type { Graph } from './graph.js';
import type { GraphModelLike, GraphModelNode } from './graph-model.js';
import { layerConfig } from './layer.js';

/** Layers before the first one that looks at values. */
const BEFORE = /^(?:Input|Resizing|CenterCrop|ZeroPadding|Cropping|Random)/;

/**
 * The normalization that a network with a `Rescaling` layer at its start expects: none, i.e. pixels from 0 to 255;
 * undefined for other networks.
 */
export function expectedNormalization(
  { nodes }: Graph,
  [, , channels = 1]: readonly number[],
): Normalization | undefined {
  const first = nodes.map(({ layer }) => layerConfig(layer)).find(({ kind }) => !BEFORE.test(kind));
  if (first?.kind !== 'Rescaling' || !(Number(first.config['scale']) < 1 / 50)) return undefined;
  return plainPixels(channels);
}

/** Pixels from 0 to 255. */
function plainPixels(channels: number): Normalization {
  const all = (value: number): number[] => Array.from({ length: channels }, () => value);
  return { mean: all(0), std: all(1 / 255) };
}

/** Operations of a graph model before its first one that computes with the values. */
const BEFORE_OPERATION = /^(?:Identity|Cast|(?:Mirror)?Pad|Resize|CropAndResize|StridedSlice|Reverse)/;

/**
 * The normalization that a graph model expects if it scales or shifts pixels from 0 to 255 at its start: none;
 * undefined for other graphs, and on engines that cannot read its constants at once.
 */
export function graphNormalization(
  input: GraphModelNode | undefined,
  { weights }: Pick<GraphModelLike, 'weights'>,
  channels: number,
): Normalization | undefined {
  const [next, ...others] = input?.children.filter(({ op }) => op !== 'Shape') ?? [];
  if (next === undefined || others.length > 0) return undefined;
  const constant = next.inputs.map(({ name }) => weights[name]?.[0]).find((tensor) => tensor !== undefined);
  const value = Math.abs((constant && peek(constant)?.[0]) ?? NaN);
  const isScaled =
    next.op === 'Mul'
      ? value < 1 / 50
      : /Div$/.test(next.op)
        ? value > 50
        : /^(Sub|Add|Bias)/.test(next.op) && value > 16;
  if (isScaled) return plainPixels(Math.max(1, channels));
  return BEFORE_OPERATION.test(next.op) ? graphNormalization(next, { weights }, channels) : undefined;
}

/** {@link expectedNormalization} of a student. */
export const expectedNormalizationOf = ({ model, inputShape }: Network): Normalization | undefined =>
  expectedNormalization(readGraph(model), inputShape);
