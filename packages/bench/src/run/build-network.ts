import { createNetwork, seedWeights } from '@distilljs/core';
import type { Dataset, Network, Random } from '@distilljs/core';
import { buildModel } from '../model/index.js';

/** A network of the zoo with weights drawn from a stream. */
export function buildNetwork(name: string, { imageShape, classes }: Dataset, random: Random): Network {
  const { model, taps } = buildModel(name, { imageShape, classes });
  seedWeights(model, random);
  return createNetwork(model, { name, taps });
}

/** Aliases of a network of the zoo. */
export function zooTaps(name: string, { imageShape, classes }: Dataset): Readonly<Record<string, string>> {
  const { model, taps } = buildModel(name, { imageShape, classes });
  model.dispose();
  return taps;
}
