import type { Variable } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { DistillError } from '@distilljs/core';

/**
 * The variable that holds a layer's weight: private in tfjs-layers' types.
 *
 * @param weight undefined until the layer is built
 * @throws DistillError code `network` when the layer is not part of a model yet
 */
export function heldVariable(layerName: string, weight: LayerVariable | undefined): Variable {
  if (weight !== undefined) return (weight as unknown as { readonly val: Variable }).val;
  throw new DistillError({
    code: 'network',
    where: `layer '${layerName}'`,
    expected: 'a layer that is part of a model',
    got: 'one without weights yet',
  });
}
