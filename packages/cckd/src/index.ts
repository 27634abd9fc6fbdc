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
export { applyStudentHead, createFrozenProjection, createStudentHead } from './head/index.js';
export type { StudentHead } from './head/index.js';
export { bilinear, correlationMatrix, gaussianRbf, mmdEuclid, mmdMean, taylorRbf } from './kernel/index.js';
export type { CorrelationOptions, Correlations, KernelName } from './kernel/index.js';
export { correlationCongruence, mimic, reverseKd } from './loss/index.js';
export type { PairReduction } from './loss/index.js';
export { paperPreset, practicalPreset } from './options.js';
export type { CckdOptions } from './options.js';
export { pooledEmbedding } from './pooled-embedding.js';
export { classUniformSampler, clusterSuperclasses, superclassUniformSampler } from './sampler/index.js';
export type { ClassUniformOptions, ClusterOptions, SuperclassUniformOptions } from './sampler/index.js';
export { unitRows } from './unit-rows.js';
