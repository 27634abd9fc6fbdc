export { attentionOver } from './attention-over.js';
export type { AttentionOver, AttentionOverOptions } from './attention-over.js';
export { matchExhibits, meanMatch } from './match-exhibits.js';
export type { MeanMatch } from './match-exhibits.js';
