import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { Network } from './contract.js';
import { readGraph } from './graph.js';
import type { Graph, GraphNode } from './graph.js';
import { layerConfig } from './layer.js';
import type { LayerConfig } from './layer.js';

/**
 * Digest of what a network computes: its layers, their wiring and settings, and all weights.
 *
 * It excludes what does not affect the computation but may differ after saving and loading: names (tfjs numbers
 * unnamed layers by a process-wide counter), initializers, regularizers, unset fields.
 */
export async function fingerprintOf(network: Network, graph: Graph): Promise<string> {
  const hash = sha256.create();
  if (network.logitsFrom !== 'output') hash.update(utf8ToBytes(network.logitsFrom));
  for (const node of graph.nodes) hash.update(layerBytes(node));
  for (const variable of Object.values({ ...network.variables, ...network.statistics })) {
    hash.update(new Uint8Array(new Float32Array(await variable.data()).buffer));
  }
  return bytesToHex(hash.digest());
}

/** Digest of a network's layers, their wiring and settings, and which weights are trained: without any value. */
export function layersDigest(network: Network): string {
  const hash = sha256.create();
  for (const node of readGraph(network.model).nodes) hash.update(layerBytes(node));
  hash.update(utf8ToBytes(JSON.stringify(Object.keys(network.variables))));
  return bytesToHex(hash.digest());
}

function layerBytes({ layer, inputs, outputs }: GraphNode): Uint8Array {
  const { kind, config } = layerConfig(layer);
  return utf8ToBytes(JSON.stringify([kind, inputs, outputs, settings(config)]));
}

const IRRELEVANT =
  /^(name|trainable|dtype|batchInputShape|batchSize|seed)$|(Initializer|Regularizer|Constraint)$/;

/** Fields of an inner model that name its layers. */
const WIRING = /^(inboundNodes|inputLayers|outputLayers)$/;

/** Positions of the layers of an inner model, by name. */
type Positions = ReadonlyMap<unknown, string>;

/** The relevant settings, including those of inner layers. */
function settings(
  config: LayerConfig,
  around: Positions = new Map(),
): readonly (readonly [string, unknown])[] {
  const layers: unknown = config['layers'];
  const positions: Positions = Array.isArray(layers)
    ? new Map(layers.map((layer: unknown, at) => [(Object(layer) as LayerConfig)['name'], `#${at}`]))
    : around;
  return Object.entries(config)
    .filter(([key, value]) => !IRRELEVANT.test(key) && value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, setting(value, positions, WIRING.test(key))] as const);
}

function setting(value: unknown, positions: Positions, isWiring: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => setting(each, positions, isWiring));
  if (typeof value === 'object' && value !== null) return settings(value as LayerConfig, positions);
  return isWiring ? (positions.get(value) ?? value) : value;
}
