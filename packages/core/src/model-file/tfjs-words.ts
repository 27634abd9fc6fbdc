import type { io } from '@tensorflow/tfjs-core';
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
