export { CORRUPTIONS, corrupted, corruptionsFor, STRENGTHS } from './corruption.js';
export type { Corruption } from './corruption.js';
export { averageCorruptions, CORRUPTIONS_SCHEMA, meanCorrupted, measureCorruptions } from './measure.js';
export type { CorruptionResult } from './measure.js';
