import type { Random } from '../random/index.js';

/**
 * Decides which images form a batch. A sampler holds no position: an epoch's batches are a pure function of the stream
 * that it is given, so resuming in the middle of an epoch means asking again and skipping what was done.
 */
export interface BatchSampler {
  readonly name: string;
  /** Images per batch: every batch is full. */
  readonly batchSize: number;
  /** Batches that one epoch holds. */
  readonly stepsPerEpoch: number;
  /** One epoch: per batch the positions of its images in the dataset. */
  batches(random: Random): readonly Int32Array[];
}
