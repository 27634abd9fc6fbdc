export { attentionLoss, matchLayers } from './match-layers.js';
export type { LayerMatch, Matching } from './match-layers.js';
