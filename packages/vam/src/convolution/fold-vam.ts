import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectModel } from '@distilljs/core';
import { rebuildModel } from './rebuild-model.js';
import { isVamConv2D } from './vam-conv2d.js';
import type { VamConv2D } from './vam-conv2d.js';
import { walkLayers } from './walk-layers.js';

/**
 * A plain copy of a model with attention: every mask multiplied into its kernel, `theta` and `rho` gone, equal outputs
 * (1e-5 in float32). A model without attention is copied as it is.
 *
 * Fold before batch norm is converted: the mask belongs to the kernel.
 * @throws DistillError code `option` for what is no model
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
 * Makes the attending layers of a student whose masks `vam` folded at the end of its training attend again, to train it further.
 */
export function unfoldVam(model: LayersModel): void {
  expectModel(model, 'unfoldVam');
  for (const { layer } of vamLayers(model)) layer.unfold();
}

/** The attending layers of a model, folded or not, by the names that taps have. */
export function vamLayers(
  model: LayersModel,
): readonly { readonly path: string; readonly layer: VamConv2D }[] {
  expectModel(model, 'vamLayers');
  return walkLayers(model).flatMap(({ path, layer }) => (isVamConv2D(layer) ? [{ path, layer }] : []));
}
