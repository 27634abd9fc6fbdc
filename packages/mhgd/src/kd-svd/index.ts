export { kdSvd } from './kd-svd.js';
export type { KdSvdOptions } from './options.js';
export { relation, relationLoss } from './relation-loss.js';
