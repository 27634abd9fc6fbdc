import type * as tf from '@tensorflow/tfjs-core';
import type { CheckpointsOptions, ProgressReport } from '../callback/index.js';
import type { Normalization } from '../data/index.js';
import { DistillError, isDistillError } from '../error/index.js';
import type { DistillErrorFields } from '../error/index.js';
import type { BestEpoch, EpochReport, Stop } from '../train/index.js';

/** Where a worker keeps checkpoints: the name of an IndexedDB database in a page, a folder in Node. */
export interface WorkerCheckpoints extends Partial<CheckpointsOptions> {
  readonly place: string;
}

/** How far a worker is: what {@link progress} reports, and the engine that it runs on. */
export interface WorkerProgress extends ProgressReport {
  readonly engine: string;
}

/** A trained student on its way between threads. */
export interface StudentArtifacts {
  /**
   * The model as tfjs's `io.fromMemory` takes it, with what `studentOf` reads: size, normalization, class names.
   * Its weights are those that the student had when the job was over.
   */
  readonly artifacts: tf.io.ModelArtifacts;
  readonly parameters: number;
}

/** What a training in a worker came to. */
export interface WorkerResult<Output> {
  readonly students: readonly StudentArtifacts[];
  readonly history: readonly EpochReport[];
  /** Undefined without a validation set. */
  readonly best: BestEpoch | undefined;
  /** Why training ended before its last epoch; undefined when it did not. */
  readonly stopped: { readonly reason: string; readonly globalEpoch: number } | undefined;
  readonly stops: readonly Stop[];
  readonly normalization: Normalization;
  readonly warnings: readonly string[];
  readonly engine: string;
  /** What the job's `finish` gave. */
  readonly output: Output;
}

/** What the page says to its worker. */
export type ToWorker =
  /** Asks for `ready`: who listens first is not known. */
  | { readonly kind: 'hello' }
  | {
      readonly kind: 'start';
      readonly input: unknown;
      readonly engine: string | undefined;
      readonly threads: number | undefined;
      readonly checkpoints: WorkerCheckpoints | undefined;
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'abort' };

/** What the worker says to its page. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'progress'; readonly report: WorkerProgress }
  | { readonly kind: 'result'; readonly result: WorkerResult<unknown> }
  | { readonly kind: 'error'; readonly error: SentError };

/** An error as it travels: a clone of a DistillError loses its fields. */
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
