export { smoothedBinary } from './explainer-terms.js';
export { kdExplainer } from './kd-explainer.js';
export { kdExplainerDefaults } from './options.js';
export type { KdExplainerOptions } from './options.js';
export { retrainRate, searchRate } from './optimizers.js';
