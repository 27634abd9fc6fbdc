export { CAPABILITIES, connectQueue, openQueue, QUEUE_VARIABLE } from './connection.js';
export type { Capability, QueueConnection } from './connection.js';
export type { StartWork } from './cell-work.js';
export { ATTEMPTS, submitRun } from './submit.js';
export type { Submitted } from './submit.js';
export { runQueueWorker } from './worker.js';
export type { QueueWorkerOptions } from './worker.js';
export { watchQueue } from './queue-counts.js';
export type { QueueSnapshot } from './queue-counts.js';
