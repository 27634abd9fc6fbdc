export { pooledEmbedding, unitRows } from '@distilljs/core';
export { cckd } from './cckd.js';
export {
  bestThreshold,
  classCosines,
  identification,
  kFoldAccuracy,
  matePairs,
  pairScores,
  recallAt,
  reid,
  reidFromDistances,
  tarAtFar,
} from './evaluation/index.js';
export type {
  ClassCosines,
  EmbeddingRows,
  FlatEmbeddings,
  IdentificationOptions,
  IdentificationResult,
  PairScores,
  RecallOptions,
  RecallResult,
  ReidDistanceOptions,
  ReidLabels,
  ReidOptions,
  ReidResult,
  ThresholdAccuracy,
  VerificationPoint,
} from './evaluation/index.js';
export { applyStudentHead, createFrozenProjection, createStudentHead } from './heads.js';
export type { StudentHead } from './heads.js';
export { bilinear, correlationMatrix, gaussianRbf, mmdEuclid, mmdMean, taylorRbf } from './kernels.js';
export type { CorrelationOptions, Correlations, KernelName } from './kernels.js';
export { correlationCongruence, mimic, reverseKd } from './losses.js';
export type { PairReduction } from './losses.js';
export { paperPreset, practicalPreset } from './options.js';
export type { CckdOptions } from './options.js';
export { classUniformSampler, superclassUniformSampler } from './samplers.js';
export type { ClassUniformOptions, SuperclassUniformOptions } from './samplers.js';
export { clusterSuperclasses } from './superclasses.js';
export type { ClusterOptions } from './superclasses.js';
