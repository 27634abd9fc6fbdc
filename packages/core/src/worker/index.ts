/**
 * Training in a worker: `createDistillWorker` for the page, `serveDistill` for the worker's module. The entry
 * point `@distilljs/core/worker`.
 */
export { createDistillWorker } from './create-distill-worker.js';
export type { DistillWorker, DistillWorkerOptions } from './create-distill-worker.js';
export type { Transfers, WorkerLike } from './endpoint.js';
export type { StudentArtifacts, WorkerCheckpoints, WorkerProgress, WorkerResult } from './messages.js';
export { serveDistill } from './serve-distill.js';
export type { DistillJob, JobContext } from './serve-distill.js';
