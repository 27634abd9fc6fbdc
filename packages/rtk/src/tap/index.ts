export { blockTaps, tapPreset, tapPresetNames } from './block-taps.js';
export type { TapPresetName } from './block-taps.js';
export { mapLayers } from './map-layers.js';
export type { MapLayer } from './map-layers.js';
