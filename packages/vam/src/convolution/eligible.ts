import type { layers } from '@tensorflow/tfjs-layers';
import { blockCount } from './virtual-blocks.js';
import type { BlockSize } from './virtual-blocks.js';
import type { PlacedLayer } from './walk-layers.js';

/** What a layer is as a convolution, where it is one. */
export interface Convolution {
  readonly inputs: number;
  readonly filters: number;
}

/** Why a layer cannot attend at all; undefined where it can. */
export function unfitness({ layer }: PlacedLayer, size: BlockSize, grouped: boolean): string | undefined {
  if (layer.getClassName() !== 'Conv2D') return `a ${layer.getClassName()} layer`;
  const { dataFormat } = layer.getConfig();
  if (dataFormat === 'channelsFirst') return 'a convolution with channels first';
  const { inputs } = convolutionOf(layer);
  if (grouped && inputs % size.inputs !== 0) {
    return `a convolution of ${inputs} input maps, which blocks of ${size.inputs} do not divide`;
  }
  return undefined;
}

/**
 * The convolutions that attend by default: `k × k` with k above 1, not the first after the images, with at least two parents.
 *
 * Certainty: proposed; the paper does not say which layers it replaces.
 */
export function isEligible(placed: PlacedLayer, size: BlockSize, grouped: boolean): boolean {
  if (unfitness(placed, size, grouped) !== undefined || placed.seesImages) return false;
  const kernel = placed.layer.getConfig()['kernelSize'] as readonly number[];
  const { inputs, filters } = convolutionOf(placed.layer);
  return kernel.some((edge) => edge > 1) && blockCount(inputs, filters, size).parents > 1;
}

/** Channels of a `Conv2D` that is part of a model. */
export function convolutionOf(layer: layers.Layer): Convolution {
  const [, , inputs = 0, filters = 0] = layer.getWeights()[0]?.shape ?? [];
  return { inputs, filters };
}
