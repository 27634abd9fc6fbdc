export { attentionTransfer, hint } from './map-losses.js';
export type { Projector } from './map-losses.js';
export { decoupledKd, distRelations } from './logit-losses.js';
export type { DecoupledKd, DistRelations } from './logit-losses.js';
export {
  probabilisticTransfer,
  relationalAngle,
  relationalDistance,
  similarityPreserving,
} from './relation-losses.js';
export { unitRows } from './unit-rows.js';
export { crossEntropy } from './cross-entropy.js';
export { hintonKd } from './hinton-kd.js';
export { labelSmoothingCrossEntropy } from './label-smoothing.js';
export { standardizedKd } from './standardized-kd.js';
export { weightedMean } from './weighted-mean.js';
export { standardizeLogits } from './standardize-logits.js';
