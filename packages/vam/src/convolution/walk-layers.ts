import type { layers, LayersModel } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** A layer that is not itself a model, and its path: `layer`, or `outer/layer` inside a nested model. */
export interface PlacedLayer {
  readonly path: string;
  readonly layer: Layer;
  /** Whether some path from the images reaches it without passing a convolution. */
  readonly seesImages: boolean;
}

/** True for a model that is used as a layer. */
export const isModel = (layer: Layer): layer is Layer & LayersModel =>
  'inputLayers' in layer && 'layers' in layer;

/** All layers of a model, including those of nested models. */
export function walkLayers(model: LayersModel, prefix = '', modelSeesImages = true): PlacedLayer[] {
  const seen = new Map<Layer, boolean>();
  /** True where some path from the images to the layer's output passes no convolution. */
  const outputSeesImages = (layer: Layer): boolean => {
    const known = seen.get(layer);
    if (known !== undefined) return known;
    seen.set(layer, true);
    const found = !isConvolution(layer) && inputSeesImages(layer);
    seen.set(layer, found);
    return found;
  };
  const inputSeesImages = (layer: Layer): boolean => {
    const before = layer.inboundNodes.flatMap((node) => node.inboundLayers as readonly Layer[]);
    return before.length === 0 ? modelSeesImages : before.some(outputSeesImages);
  };
  return model.layers.flatMap((layer) => {
    const path = `${prefix}${layer.name}`;
    const seesImages = inputSeesImages(layer);
    return isModel(layer) ? walkLayers(layer, `${path}/`, seesImages) : [{ path, layer, seesImages }];
  });
}

const isConvolution = (layer: Layer): boolean =>
  isModel(layer) ? layer.layers.some(isConvolution) : /Conv/.test(layer.getClassName());
