export { poolingMatrix } from '@distilljs/core';
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
export { attentionOver } from './attention-over.js';
export type { AttentionOver, AttentionOverOptions } from './attention-over.js';
export { adaptiveAveragePool, layerMaps, mapDistances, mapSummary, unitMaps } from './map/index.js';
export type { Grid, GridGroup, LayerMaps, MapDistances, MapSummary, UnitMaps } from './map/index.js';
export { attentionLoss, matchLayers, stageAgreement } from './match-layers.js';
export type { LayerMatch, Matching } from './match-layers.js';
export { baseDefaults, rtkDefaults, studentQuery } from './options.js';
export type { AttentionOptions, Direction, MapDistance, SelectionRule } from './options.js';
export { rtk } from './rtk.js';
export { aboveUniform, runsOfOneShape, stageMedoids, topMask } from './select.js';
export type { Kept, Selection } from './select.js';
export { blockTaps, tapPreset, tapPresetNames } from './taps.js';
export type { TapPresetName } from './taps.js';
