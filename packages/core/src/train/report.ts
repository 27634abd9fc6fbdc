import type { Evaluation } from './evaluate.js';

/** A term's mean over an epoch, before its weight, and the weight. */
export interface TermReport {
  readonly value: number;
  readonly weight: number;
}

/** What one epoch of training came to: a line of metrics.jsonl. All but the times is decided by the seed. */
export interface EpochReport {
  readonly phase: string;
  /** Within the phase, from 0. */
  readonly epoch: number;
  /** Since the start, from 0. */
  readonly globalEpoch: number;
  readonly steps: number;
  /** Learning rate per update, at the epoch's last step. */
  readonly learningRate: Readonly<Record<string, number>>;
  /** By term name; `update/term` where the phase has several updates. */
  readonly terms: Readonly<Record<string, TermReport>>;
  /** Share of right answers on the augmented training batches, per student that ran. */
  readonly trainAccuracy: readonly number[];
  /** Per student; empty without a validation set or in a phase without students. */
  readonly validation: readonly Evaluation[];
  /** Seconds of training (validation not counted), as measured. */
  readonly seconds: number;
}

/** One training step, for progress displays. */
export interface StepReport {
  readonly phase: string;
  readonly epoch: number;
  /** Epochs of the phase. */
  readonly epochs: number;
  /** Steps done in this epoch. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  /** Steps done and to do over all phases. */
  readonly done: number;
  readonly total: number;
  /** Term values of this step; on engines that are read in batches, of the last step that was read. */
  readonly terms: Readonly<Record<string, TermReport>>;
}

/** What one measured value of a step is. */
export type ValueLabel =
  | { readonly kind: 'term'; readonly update: string; readonly term: string; readonly weight: number }
  | { readonly kind: 'accuracy'; readonly student: number };
