export { mhgd } from './mhgd.js';
export { logitMatching } from './logit-matching.js';
export type { MhgdOptions } from './options.js';
