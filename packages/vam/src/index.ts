export { vam } from './vam.js';
export { logitMatching } from './logit-matching.js';
export type { VamOptions } from './options.js';
