export { holmAdjusted } from './holm.js';
export { comparePaired } from './paired.js';
export type { PairedComparison } from './paired.js';
export type { Pair, PairPower, Power } from './pairwise.js';
export { secondsPerEpoch } from './seconds-per-epoch.js';
export { summarize } from './summary.js';
export type { Interval, Summary } from './summary.js';
export type { Estimate, TaskMethod, TaskPair, TaskScores, TaskStatistics } from './task-data.js';
