export { checkpoints } from './checkpoints.js';
export type { CheckpointsOptions } from './checkpoints.js';
export { earlyStop } from './early-stop.js';
export type { EarlyStopOptions } from './early-stop.js';
export { inspections, jsonl } from './log-files.js';
export type { Inspection } from './log-files.js';
export { progress } from './progress.js';
export type { ProgressOptions, ProgressReport, ProgressStream } from './progress.js';
