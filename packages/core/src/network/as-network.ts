import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { createNetwork } from './network.js';
import type { Network } from './contract.js';

/** A network, or a bare model that becomes one with its layer names as taps. */
export type NetworkLike = Network | LayersModel;

/** Takes a {@link Network} as it is and wraps a bare `LayersModel`. */
export function asNetwork(given: NetworkLike, where: string): Network {
  // Callers without types hand in anything.
  const parts: unknown = given;
  if (typeof parts === 'object' && parts !== null) {
    if ('forward' in given && 'tapShape' in given) return given;
    if ('predict' in given && 'layers' in given) return createNetwork(given);
  }
  throw new DistillError({
    code: 'option',
    where,
    expected: 'a network (createNetwork) or a tfjs LayersModel',
    got: typeof given,
    hint: 'A graph model from the converter has no trainable layers; load a layers model.',
  });
}
