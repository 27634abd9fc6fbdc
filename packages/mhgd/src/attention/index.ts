export { attentionGraphs, createAttention, headWidth, scoreDeviation, scores } from './attention.js';
export type { Attention, AttentionGraphs, Graphs, Scores } from './attention.js';
export { fanOutNormal } from './embedder.js';
export type { Embedder } from './embedder.js';
export { createEstimator, dropMask, estimate } from './estimator.js';
export type { Estimator } from './estimator.js';
export { createModules, moduleAverages, moduleWeights } from './module.js';
export type { AttentionModule } from './module.js';
