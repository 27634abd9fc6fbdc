export { comparePaired } from './paired.js';
export type { PairedComparison } from './paired.js';
export { summarize } from './summary.js';
export type { Interval, Summary } from './summary.js';
export { secondsPerEpoch, trainingSeconds } from './training-seconds.js';
