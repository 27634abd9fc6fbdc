import type { Normalization } from '../data/normalization.js';
import type { Network } from './contract.js';
import { readGraph } from './graph.js';
import type { Graph } from './graph.js';
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
  const all = (value: number): number[] => Array.from({ length: channels }, () => value);
  return { mean: all(0), std: all(1 / 255) };
}

/** {@link expectedNormalization} of a student. */
export const expectedNormalizationOf = ({ model, inputShape }: Network): Normalization | undefined =>
  expectedNormalization(readGraph(model), inputShape);
