export { afd } from './afd.js';
export { afdOffline } from './afd-offline.js';
export { teacherOf } from './cohort.js';
export { createDiscriminator, discriminate } from './discriminator.js';
export type { Discriminator, DiscriminatorWeights } from './discriminator.js';
export { discriminatorGeometry } from './discriminator-geometry.js';
export type { DiscriminatorGeometry } from './discriminator-geometry.js';
export { dml } from './dml.js';
export { featureL1 } from './feature-l1.js';
export { discriminatorLoss, featureDistance, generatorLoss, mutualLogits } from './losses.js';
export type { MutualLogitsOptions } from './losses.js';
export { thirdPartyGeometry } from './options.js';
export type {
  AdversarialOptions,
  AfdOfflineOptions,
  AfdOptions,
  DiscriminatorOptions,
  DmlOptions,
  FeatureL1Options,
  Peers,
} from './options.js';
export { paperOptimizer } from './optimizers.js';
export { reviewDiscriminators } from './review.js';
export { createTransfer, transfer } from './transfer.js';
export type { Transfer, TransferWeights } from './transfer.js';
