import type { Layer } from './graph.js';

/** A layer's serialised configuration, the one public way to read its settings. */
export type LayerConfig = Readonly<Record<string, unknown>>;

/** Class name (`Conv2D`, `BatchNormalization`, …) and configuration of a layer. */
export function layerConfig(layer: Layer): { readonly kind: string; readonly config: LayerConfig } {
  return { kind: layer.getClassName(), config: layer.getConfig() };
}

/** Name of the activation in a configuration; `linear` where there is none. */
export function activationOf(config: LayerConfig): string {
  const activation = config['activation'];
  return typeof activation === 'string' ? activation : 'linear';
}

/** True for the layers that compute exactly max(x, 0). */
export function isPlainRelu(kind: string, config: LayerConfig): boolean {
  if (kind === 'Activation') return activationOf(config) === 'relu';
  return kind === 'ReLU' && config['maxValue'] == null;
}

/** True for a 2-D convolution, channels last, that adds no bias and applies no activation. */
export function isPlainConvolution(config: LayerConfig): boolean {
  const isLast = config['dataFormat'] !== 'channelsFirst';
  return isLast && config['useBias'] === false && activationOf(config) === 'linear';
}
