export { rtk } from './rtk.js';
export { logitMatching } from './logit-matching.js';
export type { RtkOptions } from './options.js';
