export { createDiscriminator, discriminate } from './discriminator.js';
export type { Discriminator, DiscriminatorWeights } from './discriminator.js';
export { discriminatorGeometry } from './geometry.js';
export type { DiscriminatorGeometry } from './geometry.js';
export { discriminatorChecks } from './options.js';
export type { DiscriminatorOptions } from './options.js';
export { runGeometry } from './run-geometry.js';
