export { crossEntropy, labelSmoothingCrossEntropy, weightedMean } from './cross-entropy.js';
export { hintonKd, standardizedKd, standardizeLogits } from './hinton-kd.js';
export { decoupledKd, distRelations } from './logit-losses.js';
export type { DecoupledKd, DistRelations } from './logit-losses.js';
export { attentionTransfer, hint } from './map-losses.js';
export type { Projector } from './map-losses.js';
export {
  probabilisticTransfer,
  relationalAngle,
  relationalDistance,
  similarityPreserving,
} from './relation-losses.js';
export { unitRows } from './unit-rows.js';
