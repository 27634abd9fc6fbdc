import { DistillError } from '../error/index.js';
import type { BatchSampler } from './sampler.js';

/**
 * Full batches drawn without replacement: each epoch is a fresh permutation of the data, and what is left after the last
 * full batch waits for another epoch.
 *
 * @throws DistillError code `option` when the batch size is no whole number, or the data does not fill one batch
 */
export function uniformSampler(size: number, batchSize: number): BatchSampler {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > size) {
    throw new DistillError({
      code: 'option',
      where: 'batchSize',
      expected: `a whole number from 1 to the number of training images (${size})`,
      got: String(batchSize),
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
