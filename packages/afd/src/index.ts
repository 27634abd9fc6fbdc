export { afd } from './afd.js';
export { logitMatching } from './logit-matching.js';
export type { AfdOptions } from './options.js';
