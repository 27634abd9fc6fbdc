export { createDiscriminator, discriminate } from './discriminator.js';
export type { Discriminator, DiscriminatorWeights } from './discriminator.js';
export { discriminatorGeometry } from './geometry.js';
export type { DiscriminatorGeometry, DiscriminatorOptions } from './geometry.js';
