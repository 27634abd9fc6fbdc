export { __camel__ } from './__name__.js';
export { logitMatching } from './logit-matching.js';
export type { __Pascal__Options } from './options.js';
