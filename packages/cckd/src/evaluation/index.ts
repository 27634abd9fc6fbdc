export { classCosines, identification, matePairs } from './identification.js';
export type { ClassCosines, IdentificationOptions, IdentificationResult } from './identification.js';
export { recallAt } from './recall.js';
export type { RecallOptions, RecallResult } from './recall.js';
export { reid, reidFromDistances } from './reid.js';
export type { ReidDistanceOptions, ReidLabels, ReidOptions, ReidResult } from './reid.js';
export type { EmbeddingRows, FlatEmbeddings } from './unit-table.js';
export { bestThreshold, kFoldAccuracy, pairScores, tarAtFar } from './verification.js';
export type { PairScores, ThresholdAccuracy, VerificationPoint } from './verification.js';
