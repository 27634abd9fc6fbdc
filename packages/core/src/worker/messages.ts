import type * as tf from '@tensorflow/tfjs-core';
import type { CheckpointsOptions, ProgressReport } from '../callback/index.js';
import type { Normalization } from '../data/index.js';
import { DistillError, isDistillError } from '../error/index.js';
import type { DistillErrorFields } from '../error/index.js';
import type { BestEpoch, EpochReport, Stop } from '../train/index.js';

/** Where a worker keeps checkpoints: in a page the name of an IndexedDB database, in Node a folder. */
export interface WorkerCheckpoints extends Partial<CheckpointsOptions> {
  readonly place: string;
}

/** A worker's progress: what {@link progress} reports, and the engine that the worker runs on. */
export interface WorkerProgress extends ProgressReport {
  readonly engine: string;
}

/** A trained student in a form that can be sent between threads. */
export interface StudentArtifacts {
  /**
   * The model as tfjs's `io.fromMemory` takes it, with the metadata that `studentOf` reads: size,
   * normalization, class names. Its weights are the student's after the job's `finish`.
   */
  readonly artifacts: tf.io.ModelArtifacts;
  readonly parameters: number;
}

/** The result of a training run in a worker. */
export interface WorkerResult<Output> {
  readonly students: readonly StudentArtifacts[];
  readonly history: readonly EpochReport[];
  /** Undefined without a validation set. */
  readonly best: BestEpoch | undefined;
  /** Why training ended before its last epoch; undefined if it did not. */
  readonly stopped: { readonly reason: string; readonly globalEpoch: number } | undefined;
  readonly stops: readonly Stop[];
  readonly normalization: Normalization;
  readonly warnings: readonly string[];
  readonly engine: string;
  /** What the job's `finish` returned. */
  readonly output: Output;
}

/** Messages from the page to its worker. */
export type ToWorker =
  /** Asks for `ready`: the worker's first `ready` may have been sent before the page listened. */
  | { readonly kind: 'hello' }
  | {
      readonly kind: 'start';
      readonly input: unknown;
      readonly engine: string | undefined;
      readonly threads: number | undefined;
      readonly checkpoints: WorkerCheckpoints | undefined;
    }
  | { readonly kind: 'pause'; readonly id: number }
  | { readonly kind: 'resume' }
  | { readonly kind: 'abort' };

/** Messages from the worker to its page. */
export type FromWorker =
  | { readonly kind: 'ready' }
  /** Answers these requests for a pause. */
  | { readonly kind: 'paused'; readonly ids: readonly number[] }
  | { readonly kind: 'progress'; readonly report: WorkerProgress }
  | { readonly kind: 'result'; readonly result: WorkerResult<unknown> }
  | { readonly kind: 'error'; readonly error: SentError };

/** An error in a form that can be sent: a structured clone of a DistillError loses its fields. */
export interface SentError {
  readonly fields?: Omit<DistillErrorFields, 'cause'>;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export function sentError(error: unknown): SentError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!isDistillError(error)) return { name, message, stack };
  const { code, where, expected, got, hint } = error;
  return { fields: { code, where, expected, got, hint }, name, message, stack };
}

export function receivedError({ fields, name, message, stack }: SentError): Error {
  const error = fields === undefined ? new Error(message) : new DistillError(fields);
  return Object.assign(error, { name, ...(stack !== undefined && { stack }) });
}
