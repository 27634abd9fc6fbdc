import { readFileSync } from 'node:fs';

/** What fixtures/torch_networks.py computed: a network, the keys and shapes of its state dict, and its logits of two images. */
export interface TorchCase {
  readonly model: string;
  readonly naming: string;
  /** `[height, width, channels]`. */
  readonly images: readonly [number, number, number];
  readonly logits: readonly (readonly number[])[];
  /** `key:64x3x7x7`, one after the other. */
  readonly keys: string;
}

const file = new URL('fixtures/torch-networks.json', import.meta.url);
export const torchCases = JSON.parse(readFileSync(file, 'utf8')) as readonly TorchCase[];
