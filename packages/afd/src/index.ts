export { afd } from './afd.js';
export { afdOffline } from './afd-offline.js';
export { teacherOf } from './cohort/index.js';
export type { Peers } from './cohort/index.js';
export { createDiscriminator, discriminate, discriminatorGeometry } from './discriminator/index.js';
export type {
  Discriminator,
  DiscriminatorGeometry,
  DiscriminatorOptions,
  DiscriminatorWeights,
} from './discriminator/index.js';
export { dml } from './dml.js';
export { featureL1 } from './feature-l1.js';
export type { MapShape } from './feature-map-shape.js';
export { discriminatorLoss, featureDistance, generatorLoss, mutualLogits } from './loss/index.js';
export type { MutualLogitsOptions } from './loss/index.js';
export { thirdPartyGeometry } from './options.js';
export type {
  AdversarialOptions,
  AfdOfflineOptions,
  AfdOptions,
  DmlOptions,
  FeatureL1Options,
} from './options.js';
export { paperOptimizer } from './paper-optimizer.js';
export { reviewDiscriminators } from './review.js';
export { createTransfer, transfer } from './transfer/index.js';
export type { Transfer, TransferWeights } from './transfer/index.js';
