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

/** The relevant settings, including those of inner layers. */
function settings(config: LayerConfig): readonly (readonly [string, unknown])[] {
  return Object.entries(config)
    .filter(([key, value]) => !IRRELEVANT.test(key) && value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, setting(value)] as const);
}

function setting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(setting);
  return typeof value === 'object' && value !== null ? settings(value as LayerConfig) : value;
}
