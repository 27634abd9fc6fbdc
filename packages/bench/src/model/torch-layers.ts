import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { namings } from './torch-names.js';
import type { LayerPlace, Naming } from './torch-names.js';

/** A layer with weights, and the PyTorch module that they come from. */
export interface TorchLayer {
  readonly layer: layers.Layer;
  readonly module: string;
  /** Which group of the module's filters this layer holds, from 0, and of how many. */
  readonly group: { readonly at: number; readonly of: number };
}

const GROUP = /^(.*)_group(\d+)_conv$/;
const PLACE = /^stage(\d+)_(?:block(\d+)_)?(.*)$/;

/** The modules of a network's layers, under each naming that has a module for every layer. */
export function torchLayers(
  model: LayersModel,
): readonly { readonly naming: Naming; readonly layers: readonly TorchLayer[] }[] {
  const weighty = model.layers.filter((layer) => layer.weights.length > 0);
  const stems = weighty.map(({ name }) => GROUP.exec(name)?.[1] ?? name);
  const places = placesOf(stems);
  return namings.flatMap((naming) => {
    const found = weighty.map((layer, at): Partial<TorchLayer> => {
      const stem = stems[at] ?? '';
      const place = places[at];
      const module = place === undefined ? naming.outside[stem] : naming.inside(place);
      const of = stems.filter((other) => other === stem).length;
      const group = { at: Number(GROUP.exec(layer.name)?.[2] ?? 1) - 1, of };
      return { layer, group, ...(module !== undefined && { module }) };
    });
    const isComplete = found.every(({ module }) => module !== undefined);
    return isComplete ? [{ naming, layers: found as TorchLayer[] }] : [];
  });
}

/** The place of each layer, parsed from its name; undefined outside of stages. */
function placesOf(names: readonly string[]): readonly (LayerPlace | undefined)[] {
  const parsed = names.map((name) => {
    const [, stage, block = '0', part = ''] = PLACE.exec(name) ?? [];
    return stage === undefined ? undefined : { stage: Number(stage), block: Number(block), part };
  });
  // Without blocks, each convolution with its batch norm counts as one unit.
  const keyOf = ({ stage, block, part }: { stage: number; block: number; part: string }): string =>
    block > 0 ? `${stage}-${block}` : `${stage}-${/\d*$/.exec(part)?.[0] ?? ''}`;
  const units = new Map<string, { readonly stage: number; readonly block: number }>();
  for (const place of parsed) if (place !== undefined) units.set(keyOf(place), place);
  const order = [...units.entries()].sort(
    ([, one], [, other]) => one.stage - other.stage || one.block - other.block,
  );
  return parsed.map((place) => {
    if (place === undefined) return undefined;
    const index = order.findIndex(([key]) => key === keyOf(place));
    return { ...place, index, next: order[index + 1]?.[1] };
  });
}
