export { kdSvd } from './kd-svd.js';
export type { KdSvdOptions } from './options.js';
export { relation } from './relation.js';
export { relationLoss } from './relation-loss.js';
