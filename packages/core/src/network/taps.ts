import { distance } from 'fastest-levenshtein';
import { describeValue, DistillError, nearestNameHint } from '../error/index.js';
import type { Logits, Tensor } from '../tensor/index.js';
import type { NetworkOutput } from './contract.js';
import type { Graph, GraphNode } from './graph.js';

/** Tap names of one network: aliases and layer names, each for the output of a layer application. */
export interface Taps {
  readonly names: readonly string[];
  /** @throws DistillError code `tap`, listing the available names */
  find(tap: string): GraphNode;
}

/**
 * @param aliases additional names for layers, e.g. `{ embedding: 'global_average_pooling2d_1' }`
 * @throws DistillError code `tap` for an alias of a missing layer
 */
export function readTaps(networkName: string, graph: Graph, aliases: Readonly<Record<string, string>>): Taps {
  // A layer that is applied twice is tapped at its last application.
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const layerNames = [...byName.keys()];
  const pooling = graph.nodes.findIndex(({ layer }) => layer.getClassName().startsWith('Global'));
  // Methods most often compare the map before the global pooling.
  const likely = graph.nodes
    .slice(0, Math.max(0, pooling))
    .map(({ name }) => name)
    .reverse();
  const missing = (where: string, tap: string, known: readonly string[]): DistillError =>
    missingTap(where, tap, known, likely);
  for (const [alias, layer] of Object.entries(aliases)) {
    const node = byName.get(layer);
    if (node === undefined) throw missing(`network '${networkName}', tap '${alias}'`, layer, layerNames);
    byName.set(alias, node);
  }
  const names = [...new Set([...Object.keys(aliases), ...layerNames])];
  return {
    names,
    find(tap) {
      const node = byName.get(tap);
      if (node === undefined) throw missing(`network '${networkName}'`, tap, names);
      return node;
    },
  };
}

const SHOWN = 10;

/**
 * The error for a missing tap. If there are many names, it lists ten: the nearest five, then likely ones.
 */
export function missingTap(
  where: string,
  tap: string,
  known: readonly string[],
  likely: readonly string[],
): DistillError {
  // Untyped callers may pass anything.
  const asked = typeof tap === 'string' ? tap.slice(0, 200).toLowerCase() : describeValue(tap);
  const away = new Map(known.map((name) => [name, distance(name.toLowerCase(), asked)]));
  const nearest = [...known].sort((a, b) => (away.get(a) ?? 0) - (away.get(b) ?? 0));
  const shown = [...new Set([...nearest.slice(0, SHOWN / 2), ...likely, ...nearest])].slice(0, SHOWN);
  const isAll = known.length <= SHOWN;
  const hint = nearestNameHint(tap, isAll ? known : shown);
  return new DistillError({
    code: 'tap',
    where,
    expected: 'the name of a layer',
    got: typeof tap === 'string' ? `'${tap}'` : asked,
    hint: isAll ? hint : hint.replace(/\.$/, ` and ${known.length - SHOWN} more.`),
  });
}

/** Logits and tapped values, one per tap in order, as a method reads them. */
export function networkOutput(
  networkName: string,
  logits: Logits,
  taps: readonly string[],
  values: readonly Tensor[],
): NetworkOutput {
  return {
    logits,
    tap(name) {
      const value = values[taps.indexOf(name)];
      if (value !== undefined) return value;
      throw new DistillError({
        code: 'tap',
        where: `network '${networkName}', tap '${name}'`,
        expected: 'a tap that the phase declared in `reads`',
        got: taps.length === 0 ? 'no declared taps' : `declared taps ${taps.join(', ')}`,
        hint: `Add '${name}' to the taps that the method reads.`,
      });
    },
  };
}
