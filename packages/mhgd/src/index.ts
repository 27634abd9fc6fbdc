export {
  attentionGraphs,
  createAttention,
  createEstimator,
  createModules,
  dropMask,
  estimate,
  headWidth,
  moduleWeights,
  scores,
} from './attention/index.js';
export type {
  Attention,
  AttentionGraphs,
  AttentionModule,
  Embedder,
  Estimator,
  Graphs,
  Scores,
} from './attention/index.js';
export { alignedVectors, positionRows, teacherVectors } from './compression/index.js';
export type { AlignedVectors, PositionRows, SensingTaps, TeacherVectors } from './compression/index.js';
export { kdSvd, relation, relationLoss } from './kd-svd/index.js';
export type { KdSvdOptions } from './kd-svd/index.js';
export { graphDivergence, reconstruction } from './loss.js';
export { mhgd } from './mhgd.js';
export type { MhgdOptions } from './options.js';
export { sensingPoints } from './sensing-points.js';
export type { NetworkFamily, TapChoice } from './sensing-points.js';
