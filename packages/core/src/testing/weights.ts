import type { NamedTensors } from '../tensor/index.js';
import type { Network } from '../network/index.js';

/** The values of the given tensors as bytes, in order: for bitwise comparisons. */
export function bytesOf(tensors: NamedTensors): Uint8Array {
  const parts = Object.values(tensors).map((tensor) => tensor.dataSync());
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** Weights and moving statistics of a network as bytes. */
export function weightBytes(network: Network): Uint8Array {
  return bytesOf({ ...network.variables, ...network.statistics });
}
