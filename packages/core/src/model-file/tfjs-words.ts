import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { Json } from './check-wiring.js';

/** Rewrites a topology for tfjs-layers: what Keras spells differently, and what tfjs forgets to write. */
export function inTfjsWords({ modelTopology, weightSpecs = [] }: io.ModelArtifacts): object {
  if (typeof modelTopology !== 'object' || (modelTopology as unknown) === null) return {};
  return JSON.parse(JSON.stringify(modelTopology), function (this: Json, key, value: Json | string | null) {
    // A dtype policy of Keras with a single type.
    if (key === 'dtype' && (value as Json | null)?.['config'] !== undefined)
      return JSON.stringify(value).includes('"float32"') ? 'float32' : value;
    if (key === 'config' && this['class_name'] === 'SeparableConv2D' && typeof value === 'object') {
      const kernel = weightSpecs.find(({ name }) => name === `${String(value?.['name'])}/depthwise_kernel`);
      const rest = Object.entries(value ?? {}).filter(([setting]) => !/^kernel_[^s]/.test(setting));
      return { depth_multiplier: kernel?.shape[3], ...Object.fromEntries(rest) };
    }
    return /^(class_name|distribution)$/.test(key) && typeof value === 'string'
      ? value.replace(/^Lecun/, 'LeCun').replace('untruncated_', '')
      : value;
  }) as object;
}

/**
 * Marks in a topology every layer inside a frozen model as frozen: tfjs writes `trainable` of layers, but not of
 * models.
 */
export function keepFrozen(model: LayersModel, topology: object): void {
  const visit = (layer: layers.Layer, { config }: SavedLayer, isOuterFrozen: boolean): void => {
    const isFrozen = isOuterFrozen || !layer.trainable;
    const { layers: inner = [] } = layer as Partial<LayersModel>;
    if (isFrozen && inner.length === 0) config.trainable = false;
    for (const each of inner) {
      const saved = config.layers?.find(({ config: { name } }) => name === each.name);
      if (saved !== undefined) visit(each, saved, isFrozen);
    }
  };
  visit(model, topology as SavedLayer, false);
}

interface SavedLayer {
  readonly config: {
    readonly name?: string;
    readonly layers?: readonly SavedLayer[];
    trainable?: boolean;
  };
}
