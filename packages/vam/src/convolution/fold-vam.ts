import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectModel } from '@distilljs/core';
import { rebuildModel } from './rebuild-model.js';
import { isVamConv2D } from './vam-conv2d.js';
import type { VamConv2D } from './vam-conv2d.js';
import { walkLayers } from './walk-layers.js';

/**
 * A plain copy of a model with attention: every mask is multiplied into its kernel, and `theta` and `rho` are gone.
 * Outputs are equal to 1e-5 in float32. A model without attention is copied unchanged.
 *
 * Fold the masks before batch norm is folded into the kernels: the mask belongs to the kernel alone.
 *
 * @throws DistillError code `option` for a value that is not a model
 */
export function foldVam(model: LayersModel): LayersModel {
  expectModel(model, 'foldVam');
  return rebuildModel(model, (layer) => {
    if (!isVamConv2D(layer) || layer.isFolded) return undefined;
    const bias = layer.getWeights().length === 4 ? [layer.getWeights()[1]] : [];
    return {
      className: 'Conv2D',
      config: layer.plainConfig(),
      weights: () => [layer.maskedKernel(), ...bias.filter((value) => value !== undefined)],
    };
  });
}

/**
 * Makes the folded layers of a student attend again, to train it further. `vam` folds them at the end of its training.
 *
 * @throws DistillError code `option` for a value that is not a model
 */
export function unfoldVam(model: LayersModel): void {
  expectModel(model, 'unfoldVam');
  for (const { layer } of vamLayers(model)) layer.unfold();
}

/** The attending layers of a model, folded or not, with their paths, which equal their tap names. */
export function vamLayers(
  model: LayersModel,
): readonly { readonly path: string; readonly layer: VamConv2D }[] {
  expectModel(model, 'vamLayers');
  return walkLayers(model).flatMap(({ path, layer }) => (isVamConv2D(layer) ? [{ path, layer }] : []));
}
