export {
  annealedTemperature,
  attentionEntropy,
  hardAttention,
  mixParents,
  taskAttention,
} from './attention.js';
export {
  attentionParameters,
  blockCount,
  foldVam,
  registerVamConv2D,
  unfoldVam,
  VamConv2D,
  vamLayers,
  withVam,
  withVamChecks,
} from './convolution/index.js';
export type {
  AttentionConfig,
  BlockCount,
  BlockSize,
  VamConv2DConfig,
  WithVamOptions,
} from './convolution/index.js';
export { LOWEST_TEMPERATURE, meanEntropy, vam } from './method/index.js';
export type { VamOptions, VamSettings } from './method/index.js';
export {
  attentionFlow,
  attentionStatistics,
  classSimilarity,
  explain,
  explainVam,
  neuralTree,
  subtaskConflict,
} from './explain/index.js';
export type {
  AttentionStatistics,
  AttentionView,
  ClassSimilarity,
  Conflict,
  ConflictBatch,
  ConflictTarget,
  Explanation,
  ExplainOptions,
  Matrix,
  NeuralTree,
} from './explain/index.js';
export {
  AdaptiveAveragePooling,
  classScores,
  ClassScores,
  hmePaper,
  hmePaperChecks,
  hmeReleased,
  readExperts,
  registerHme,
  TaskAttention,
} from './hme/index.js';
export type { Experts, HeadKind, HmePaperOptions, HmeShape, TaskAttentionConfig } from './hme/index.js';
export { kdExplainer, kdExplainerDefaults, retrainRate, searchRate } from './kd-explainer/index.js';
export type { KdExplainerOptions } from './kd-explainer/index.js';
export { subtaskCrossEntropy, subtaskKd, teacherBinaryLogits } from './subtask-losses.js';
