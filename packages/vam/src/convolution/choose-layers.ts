import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError, nearestNameHint } from '@distilljs/core';
import { blockCount } from './virtual-blocks.js';
import type { BlockSize } from './virtual-blocks.js';
import { walkLayers } from './walk-layers.js';
import type { PlacedLayer } from './walk-layers.js';

/** Channel counts of a convolution. */
export interface Convolution {
  readonly inputs: number;
  readonly filters: number;
}

/** Channels of a `Conv2D` that is part of a model. */
export function convolutionOf(layer: layers.Layer): Convolution {
  const [, , inputs = 0, filters = 0] = layer.getWeights()[0]?.shape ?? [];
  return { inputs, filters };
}

/** Why a layer cannot attend at all; undefined where it can. */
function unfitness({ layer }: PlacedLayer, size: BlockSize, grouped: boolean): string | undefined {
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
 * The convolutions that attend by default: `k × k` with k above 1, not the first after the images, with at least two
 * parents. Where all k×k convolutions after the first are depthwise, as in MobileNets and ShuffleNets, the 1×1
 * convolutions attend.
 *
 * Certainty: proposed; the paper does not say which layers it replaces.
 */
function eligible(placed: readonly PlacedLayer[], size: BlockSize, grouped: boolean): readonly PlacedLayer[] {
  const behind = placed.filter(({ layer, seesImages }) => layer.getClassName() === 'Conv2D' && !seesImages);
  const spatial = behind.filter(({ layer }) =>
    (layer.getConfig()['kernelSize'] as readonly number[]).some((edge) => edge > 1),
  );
  return (spatial.length > 0 ? spatial : behind).filter((each) => {
    const { inputs, filters } = convolutionOf(each.layer);
    const fits = unfitness(each, size, grouped) === undefined;
    return fits && blockCount(inputs, filters, size).parents > 1;
  });
}

/**
 * Paths of the convolutions of a model that will attend.
 *
 * @param wanted their paths, or `eligible`
 * @throws DistillError code `option` for a path that is not a convolution or one that cannot attend; `network` when
 *   none is eligible
 */
export function chooseLayers(
  model: LayersModel,
  wanted: 'eligible' | readonly string[],
  size: BlockSize,
  grouped: boolean,
): readonly string[] {
  const placed = walkLayers(model);
  if (wanted === 'eligible') {
    const chosen = eligible(placed, size, grouped);
    if (chosen.length > 0) return chosen.map(({ path }) => path);
    throw new DistillError({
      code: 'network',
      where: `withVam, model '${model.name}'`,
      expected: `a k×k convolution behind the first, with more than ${size.inputs} input maps`,
      got: 'none',
      hint: 'Use a smaller blockSize, or list layers: a 1×1 convolution attends where it is named.',
    });
  }
  for (const name of wanted) {
    const found = placed.find(({ path }) => path === name);
    const unfit = found === undefined ? undefined : unfitness(found, size, grouped);
    if (found !== undefined && unfit === undefined) continue;
    const fit = placed.filter((each) => unfitness(each, size, grouped) === undefined);
    throw new DistillError({
      code: 'option',
      where: 'withVam.layers',
      expected: `convolutions of model '${model.name}' that can attend`,
      got: unfit === undefined ? `'${name}'` : `'${name}', ${unfit}`,
      hint: nearestNameHint(
        name,
        fit.map(({ path }) => path),
      ),
    });
  }
  return wanted;
}
