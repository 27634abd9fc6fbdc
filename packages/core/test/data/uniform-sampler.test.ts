import { createRandom } from '../../src/random/index.js';
import { uniformSampler } from '../../src/data/index.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

describe('uniformSampler', () => {
  const sampler = uniformSampler(11, 3);

  it('gives full batches without replacement', () => {
    expect(sampler).toMatchObject({ batchSize: 3, stepsPerEpoch: 3 });
    const batches = sampler.batches(createRandom(1));
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 3]);
    const drawn = batches.flatMap((batch) => [...batch]);
    expect(new Set(drawn).size).toBe(9);
    expect(drawn.every((position) => position >= 0 && position < 11)).toBe(true);
  });

  it('gives the same epoch for the same stream and another for another', () => {
    const epoch = (label: string): string => sampler.batches(createRandom(1).fork(label)).join(' ');
    expect(epoch('epoch-0')).toBe(epoch('epoch-0'));
    expect(epoch('epoch-0')).not.toBe(epoch('epoch-1'));
  });

  it('leaves out other images in other epochs', () => {
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 10; epoch++) {
      for (const batch of sampler.batches(createRandom(epoch)))
        for (const position of batch) seen.add(position);
    }
    expect(seen.size).toBe(11);
  });

  it.each([
    [2, 3, 'batchSize: expected a whole number from 1 to the number of training images (2), got 3.'],
    [10, 0, 'batchSize: expected a whole number from 1 to the number of training images (10), got 0.'],
    [10, 2.5, 'batchSize: expected a whole number from 1 to the number of training images (10), got 2.5.'],
  ])('refuses %i images in batches of %s', async (size, batchSize, message) => {
    const error = await caught(() => uniformSampler(size, batchSize));
    expect(error.code).toBe('option');
    expect(error.message).toBe(message);
  });
});
