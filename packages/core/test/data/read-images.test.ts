import { channelStatistics, loadBatch, NO_AUGMENTATION, pixelSums } from '../../src/data/index.js';
import type { Dataset } from '../../src/data/index.js';
import { expectPixelScale } from '../../src/data/index.js';
import { DistillError } from '../../src/error/index.js';
import { createRandom } from '../../src/random/index.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

const SIZE = 150;
const ROWS = Array.from({ length: SIZE }, (_, index) =>
  Uint8Array.from({ length: 12 }, (__, at) => (index * 37 + at * 11) % 256),
);
const rowOf = (index: number): Uint8Array => ROWS[index] as Uint8Array;

const dataset = (image: Dataset['image']): Dataset => ({
  name: 'read',
  size: SIZE,
  imageShape: [2, 2, 3],
  classes: 2,
  image,
  fingerprint: 'read',
});

const later = async <T>(turns: number, value: T): Promise<T> => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  return value;
};

/** Each gives the same pixels. */
const WAYS: Readonly<Record<string, () => Dataset['image']>> = {
  'by promise': () => (index) => Promise.resolve(rowOf(index)),
  'by promise, the last first': () => (index) => later(SIZE - index, rowOf(index)),
  'some at once, some by promise': () => (index) =>
    index % 3 === 0 ? rowOf(index) : later(index % 5, rowOf(index)),
  'at once from one buffer': () => {
    const buffer = new Uint8Array(12);
    return (index) => {
      buffer.set(rowOf(index));
      return buffer;
    };
  },
  'some at once from one buffer, some by promise': () => {
    const buffer = new Uint8Array(12);
    return (index) => {
      if (index % 4 === 1) return later(3, rowOf(index));
      buffer.set(rowOf(index));
      return buffer;
    };
  },
};

const NORMALIZATION = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] };

describe('images that are read give the bytes of those at hand', () => {
  const atHand = dataset(rowOf);
  it.each(Object.entries(WAYS))('%s', async (_, way) => {
    const read = dataset(way());
    const positions = Int32Array.from({ length: SIZE }, (__, at) => (at * 7) % SIZE);
    const preparation = {
      normalization: NORMALIZATION,
      augmentation: { ...NO_AUGMENTATION, padCrop: 1, flip: true },
    };
    const batch = (data: Dataset): unknown => loadBatch(data, positions, preparation, createRandom(3));
    expect(await batch(read)).toEqual(await batch(atHand));
    expect(await channelStatistics(read)).toEqual(await channelStatistics(atHand));
    await expectPixelScale(read, NORMALIZATION);
  });

  it('images whose sums are known are not read for the statistics', async () => {
    const asked: number[] = [];
    const knowing: Dataset = {
      ...dataset((index) => {
        asked.push(index);
        return Promise.resolve(rowOf(index));
      }),
      pixelSums: (index) => (index % 3 === 0 ? undefined : pixelSums(rowOf(index), 3)),
    };
    expect(await channelStatistics(knowing)).toEqual(channelStatistics(atHand));
    expect(asked).toEqual(Array.from({ length: SIZE / 3 }, (_, at) => 3 * at));
  });

  it('and no promise is made for images at hand', () => {
    expect(loadBatch(atHand, [0, 1], { normalization: NORMALIZATION })).toBeInstanceOf(Float32Array);
    expect(channelStatistics(atHand)).toHaveProperty('mean');
  });

  it('all images of a batch are asked for before one has arrived', async () => {
    const asked: number[] = [];
    let arrive = (): void => undefined;
    const gate = new Promise<void>((resolve) => (arrive = resolve));
    const read = dataset(async (index) => {
      asked.push(index);
      await gate;
      return rowOf(index);
    });
    const batch = loadBatch(read, [5, 2, 9], { normalization: NORMALIZATION });
    expect(asked).toEqual([5, 2, 9]);
    arrive();
    expect(await batch).toEqual(await loadBatch(atHand, [5, 2, 9], { normalization: NORMALIZATION }));
  });
});

describe('a reader that fails', () => {
  const failing = (fail: () => unknown): Dataset =>
    dataset((index) => (index === 7 ? (fail() as Uint8Array) : rowOf(index)));
  const damaged = new DistillError({
    code: 'data',
    where: 'photos/cat/1.jpg',
    expected: 'a JPEG file',
    got: 'a file that ends early',
    hint: 'Copy it again.',
  });
  it.each<[string, () => unknown, string]>([
    [
      'rejects',
      () => Promise.reject(new Error('EIO: i/o error\n    at somewhere')),
      "dataset 'read', image 7 of 150: expected an image that can be read, got EIO: i/o error.",
    ],
    [
      'throws',
      () => {
        throw new RangeError('offset out of range');
      },
      "dataset 'read', image 7 of 150: expected an image that can be read, got offset out of range.",
    ],
    [
      'rejects with an error of ours',
      () => Promise.reject(damaged),
      "dataset 'read', image 7 of 150: photos/cat/1.jpg: expected a JPEG file, got a file that ends early. Copy it again.",
    ],
    [
      'gives too few values',
      () => Promise.resolve(new Uint8Array(11)),
      "dataset 'read', image 7 of 150: expected 12 values (2×2×3), got 11.",
    ],
    [
      'gives NaN',
      () => Promise.resolve(new Float32Array(12).fill(NaN, 5)),
      "dataset 'read', image 7 of 150: expected finite pixels, got NaN at value 5.",
    ],
  ])('%s: the image is named', async (_, fail, message) => {
    const read = failing(fail);
    const calls = [
      () => loadBatch(read, [1, 7], { normalization: NORMALIZATION }),
      () => channelStatistics(read),
      () => expectPixelScale(read, NORMALIZATION),
    ];
    for (const call of calls) {
      const error = await caught(call);
      expect([error.code, error.message]).toEqual(['data', message]);
    }
  });

  it('fails with the first wrong image of the batch, whichever is found first', async () => {
    const read = dataset((index) =>
      index < 2 ? later(index === 0 ? 9 : 1, new Uint8Array(index)) : Promise.resolve(rowOf(index)),
    );
    const error = await caught(() => loadBatch(read, [5, 0, 1], { normalization: NORMALIZATION }));
    expect(error.where).toBe("dataset 'read', image 0 of 150");
  });
});
