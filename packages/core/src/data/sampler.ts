import { describeValue, DistillError } from '../error/index.js';
import { expectOption, wholeNumber } from '../option/index.js';
import type { Random } from '../random/index.js';

/**
 * Decides which images form a batch. A sampler holds no state: an epoch's batches are a pure function of the
 * random stream and the epoch's number. To resume within an epoch, they are drawn again and completed ones
 * skipped.
 */
export interface BatchSampler {
  readonly name: string;
  /** Images per batch: every batch is full. */
  readonly batchSize: number;
  /** Batches per epoch. */
  readonly stepsPerEpoch: number;
  /**
   * The batches of one epoch, each as positions of its images in the dataset.
   *
   * @param random the epoch's own stream
   * @param epoch number within the phase, from 0 (default), for samplers that continue where the previous epoch
   *   ended
   */
  batches(random: Random, epoch?: number): readonly Int32Array[];
}

/**
 * Full batches drawn without replacement: each epoch is a fresh permutation of the data, without the images
 * left over after the last full batch.
 *
 * @throws DistillError code `option` if a size is no whole number, or the data does not fill one batch
 */
export function uniformSampler(size: number, batchSize: number): BatchSampler {
  expectOption('uniformSampler, size', size, wholeNumber({ min: 1 }));
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > size) {
    throw new DistillError({
      code: 'option',
      where: 'batchSize',
      expected: `a whole number from 1 to the number of training images (${size})`,
      got: describeValue(batchSize),
    });
  }
  const stepsPerEpoch = Math.floor(size / batchSize);
  return {
    name: 'uniform',
    batchSize,
    stepsPerEpoch,
    batches(random) {
      const order = random.permutation(size);
      return Array.from({ length: stepsPerEpoch }, (_, step) =>
        order.subarray(step * batchSize, (step + 1) * batchSize),
      );
    },
  };
}

/**
 * One epoch's batches of a sampler, checked to be full and to hold existing images.
 *
 * @throws DistillError code `contract`, naming the sampler and the batch
 */
export function batchesOf(
  sampler: BatchSampler,
  images: number,
  random: Random,
  epoch: number,
): readonly Int32Array[] {
  const { name, batchSize, stepsPerEpoch } = sampler;
  const refuse = (what: string, expected: string, got: string): never => {
    throw new DistillError({ code: 'contract', where: `sampler '${name}'${what}`, expected, got });
  };
  for (const [field, value] of Object.entries({ batchSize, stepsPerEpoch })) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      refuse(`, ${field}`, 'a whole number of at least 1', describeValue(value));
  }
  const batches = sampler.batches(random, epoch);
  if (batches.length < stepsPerEpoch) refuse('', `${stepsPerEpoch} batches an epoch`, `${batches.length}`);
  batches.slice(0, stepsPerEpoch).forEach((batch, at) => {
    if (batch.length !== batchSize) refuse(`, batch ${at}`, `${batchSize} images`, `${batch.length}`);
    const wrong = batch.find(
      (position) => !(Number.isInteger(position) && position >= 0 && position < images),
    );
    if (wrong !== undefined)
      refuse(`, batch ${at}`, `positions from 0 to ${images - 1}`, describeValue(wrong));
  });
  return batches;
}
