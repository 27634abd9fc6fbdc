export { compareRuns } from './compare-runs.js';
export type { ComparedMethod, ComparedRuns } from './compare-runs.js';
export { corruptRun } from './corrupt-run.js';
export type { CorruptOptions } from './corrupt-run.js';
export { predictRun } from './predict-run.js';
export type { PredictedRun } from './predict-run.js';
export { curveFindings, verifyRun } from './verify-run.js';
export type { VerifiedRun, VerifyFinding } from './verify-run.js';
