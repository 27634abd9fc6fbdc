export {
  attentionWeights,
  createAttentionWeights,
  layerAttention,
  linearNorm,
  moveStatistics,
} from './attention/index.js';
export type {
  AttentionShape,
  AttentionStatistics,
  AttentionWeights,
  DescribedLayer,
  LayerAttention,
  LinearNorm,
  Normed,
  NormStatistics,
} from './attention/index.js';
export { attentionMatching } from './attention-matching.js';
export { attentionOver } from './look/index.js';
export type { AttentionOver, AttentionOverOptions } from './look/index.js';
export {
  adaptiveAveragePool,
  layerMaps,
  mapDistances,
  mapSummary,
  poolingMatrix,
  unitMaps,
} from './map/index.js';
export type { Grid, GridGroup, LayerMaps, MapDistances, MapSummary, UnitMaps } from './map/index.js';
export { attentionLoss, matchLayers } from './match/index.js';
export type { LayerMatch, Matching } from './match/index.js';
export { baseDefaults, rtkDefaults } from './options.js';
export type { AttentionOptions, Direction, MapDistance, SelectionRule } from './options.js';
export { rtk } from './rtk.js';
export { aboveUniform, runsOfOneShape, stageMedoids, topMask } from './select/index.js';
export type { Kept, Selection } from './select/index.js';
export { blockTaps, tapPreset, tapPresetNames } from './tap/index.js';
export type { TapPresetName } from './tap/index.js';
