export { featureDistance } from './feature-distance.js';
export { discriminatorLoss, generatorLoss } from './least-squares.js';
export { mutualLogits } from './mutual-logits.js';
export type { MutualLogitsOptions } from './mutual-logits.js';
