export { corruptRun } from './corrupt-run.js';
export type { CorruptOptions } from './corrupt-run.js';
export { predictRun } from './predict-run.js';
export type { PredictedRun } from './predict-run.js';
