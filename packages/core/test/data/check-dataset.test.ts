import * as tf from '@tensorflow/tfjs-core';
import { arrayDataset, channelStatistics, loadBatch } from '../../src/data/index.js';
import type { ArrayDatasetOptions, Dataset } from '../../src/data/index.js';
import { checkedDataset } from '../../src/data/index.js';
import { createRandom } from '../../src/random/index.js';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

const ROWS = Array.from({ length: 6 }, (_, index) => Float32Array.of(index, 40, 80, 120));

/** Six images 2×2×1 of three classes, as somebody may write a dataset of their own. */
const own = (change: Partial<Record<keyof Dataset, unknown>> = {}): Dataset =>
  ({
    name: 'mine',
    size: 6,
    imageShape: [2, 2, 1],
    classes: 3,
    labels: Int32Array.of(0, 1, 2, 0, 1, 2),
    image: (index: number) => ROWS[index] as Float32Array,
    fingerprint: 'mine',
    ...change,
  }) as Dataset;

const messageOf = async (call: () => unknown): Promise<string> => (await caught(call)).message;

it('sums of pixels that a dataset says wrongly are refused', async () => {
  const data = own({ pixelSums: (at: number) => (at === 2 ? { sums: [1], squares: [NaN] } : undefined) });
  expect(await messageOf(() => channelStatistics(data))).toBe(
    'dataset \'mine\', pixelSums of image 2: expected { sums, squares } of 1 finite numbers each, got {"sums":[1],"squares":["NaN"]}.',
  );
});

describe('a dataset of one’s own is refused', () => {
  it.each<[string, Partial<Record<keyof Dataset, unknown>>, string]>([
    [
      'labels that are out of range',
      { labels: Int32Array.of(4, 5, 6, 4, 5, 6) },
      "train, dataset 'mine', label of image 0: expected a whole number from 0 to 2, got 4. Do labels count from 1? Class indices count from 0.",
    ],
    [
      'labels that count from 1',
      { labels: [1, 2, 1, 2, 3, 1] },
      'label of image 4: expected a whole number from 0 to 2, got 3. Do labels count from 1?',
    ],
    [
      'a negative label',
      { labels: [0, 1, -2, 0, 0, 0] },
      'label of image 2: expected a whole number from 0 to 2, got -2. An image without a label has -1.',
    ],
    [
      'a label between two',
      { labels: [0, 1, 1.5, 0, 0, 0] },
      'label of image 2: expected a whole number from 0 to 2, got 1.5.',
    ],
    [
      'fewer names than classes',
      { classNames: ['cat', 'dog'] },
      'classNames: expected a string per class (3), got ["cat","dog"].',
    ],
    [
      'names that are no texts',
      { classNames: [1, 2, 3] },
      'classNames: expected a string per class (3), got [1,2,3].',
    ],
    ['a name that is no text', { name: {} }, 'train, name: expected a string, got {}.'],
    [
      'a weight that is a text',
      { weights: ['1', 1, 1, 1, 1, 1] },
      'weight of image 0: expected a number of at least 0, got "1".',
    ],
    ['sums that are no function', { pixelSums: 5 }, 'pixelSums: expected a function of the index, got 5.'],
    ['a missing label', { labels: [0, 1, 2, 0, 1] }, 'labels: expected one per image (6), got 5.'],
    [
      'one-hot rows',
      { labels: Array.from({ length: 6 }, () => [1, 0, 0]) },
      'One-hot labels: give the index of the 1',
    ],
    [
      'one-hot values',
      { labels: Array.from({ length: 18 }, (_, at) => Number(at % 3 === 0)) },
      'One-hot labels in one array',
    ],
    [
      'class names',
      { labels: ['cat', 'dog', 'cat', 'cat', 'dog', 'cat'] },
      'Class names: give their indices',
    ],
    [
      'a tensor of labels',
      { labels: tf.tensor1d([0, 1, 2]) },
      'got a tensor of shape [3]. Read it first: `await tensor.data()`.',
    ],
    [
      'one class',
      { classes: 1, labels: new Int32Array(6) },
      'classes: expected a whole number of at least 2, got 1.',
    ],
    ['classes as text', { classes: '3' }, 'classes: expected a whole number of at least 2, got "3".'],
    ['no images', { size: 0, labels: [] }, 'size: expected at least one image, got 0.'],
    ...[1e12, 2 ** 40, 100_000_001].flatMap((size): [string, object, string][] => [
      [`${size} images`, { size }, `size: expected at most 100,000,000 images, got ${size}.`],
      [`${size} without labels`, { size, labels: undefined }, 'size: expected at most 100,000,000 images'],
    ]),
    ...[-1, 2.5, NaN, Infinity, 2 ** 53, '6', null].map((size): [string, object, string] => [
      `a size of ${String(size)}`,
      { size, labels: undefined },
      'size: expected at least one image, got ',
    ]),
    [
      'images that no memory holds',
      { imageShape: [1e6, 1e6, 1] },
      'imageShape: expected at most 268,435,456 values in an image, got [1000000,1000000,1].',
    ],
    [
      'a shape of two axes',
      { imageShape: [2, 2] },
      'imageShape: expected [height, width, channels], each at least 1, got [2,2]. Grey images have one channel.',
    ],
    [
      'superclasses of another length',
      { superclasses: [0, 1] },
      'superclasses: expected one per image (6), got 2.',
    ],
    ['too few weights', { weights: [1, 2] }, 'weights: expected one per image (6), got 2.'],
    [
      'a weight below 0',
      { weights: [1, 1, -1, 1, 1, 1] },
      'weight of image 2: expected a number of at least 0, got -1.',
    ],
    ['no weight', { weights: new Float32Array(6) }, 'weights: expected one above 0, got 0.'],
    ['weights that are words', { weights: 'equal' }, 'weights: expected an array of numbers, got "equal".'],
    [
      'images that are no function',
      { image: ROWS },
      'image: expected a function of the index, got a list of 6.',
    ],
  ])('with %s', async (_, change, message) => {
    expect(await messageOf(() => checkedDataset('train', own(change)))).toContain(message);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'validation: expected a dataset, got nothing. Make one with arrayDataset('],
    ['a promise', Promise.resolve(own()), 'got a promise. Write `await` before it.'],
    ['tensors for model.fit', { xs: 1, ys: 2 }, 'got {"xs":1,"ys":2}. That is what model.fitDataset takes'],
    ['a list', [1, 2], 'got [1,2]. Make one with arrayDataset('],
  ])('in the place of which stands %s', async (_, given, message) => {
    expect(await messageOf(() => checkedDataset('validation', given as Dataset))).toContain(message);
  });
});

describe('a dataset of one’s own is taken', () => {
  it.each<[string, unknown]>([
    ['a plain array', [0, 1, 2, 0, 1, 2]],
    ['a BigInt64Array', BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n)],
    ['bigints', [0n, 1n, 2n, 0n, 1n, 2n]],
    ['bytes', Uint8Array.of(0, 1, 2, 0, 1, 2)],
    ['floats', Float32Array.of(0, 1, 2, 0, 1, 2)],
  ])('with labels in %s', (_, labels) => {
    expect(checkedDataset('train', own({ labels })).labels).toEqual(Int32Array.of(0, 1, 2, 0, 1, 2));
  });

  it('as it is where nothing has to be turned into another form', () => {
    const data = own();
    expect(checkedDataset('train', data)).toBe(data);
  });
});

describe('an image is checked when it is read', () => {
  const normalization = { mean: [0.5], std: [0.25] };
  it.each<[string, unknown, string]>([
    [
      'a promise of a promise’s content',
      Promise.resolve({ pixels: ROWS[0] }),
      "dataset 'mine', image 3 of 6: expected 4 values (2×2×1), got {",
    ],
    ['a tensor', tf.tensor1d([1, 2, 3, 4]), 'expected 4 values (2×2×1), got a tensor of shape [4].'],
    ['too few values', Float32Array.of(1, 2, 3), 'image 3 of 6: expected 4 values (2×2×1), got 3.'],
    ['too many values', [1, 2, 3, 4, 5], 'expected 4 values (2×2×1), got 5.'],
    ['a view of bytes', new DataView(new ArrayBuffer(4)), '(2×2×1), got DataView of 4 bytes.'],
    ['a buffer', new ArrayBuffer(4), 'expected 4 values (2×2×1), got ArrayBuffer of 4 bytes.'],
    ['nothing', undefined, 'expected 4 values (2×2×1), got nothing.'],
    ['NaN', Float32Array.of(1, 2, NaN, 4), 'image 3 of 6: expected finite pixels, got NaN at value 2.'],
    ['infinity', [1, Infinity, 3, 4], 'image 3 of 6: expected finite pixels, got Infinity at value 1.'],
    ['text', ['1', 2, 3, 4], 'image 3 of 6: expected finite pixels, got "1" at value 0.'],
  ])('which is refused as %s', async (_, pixels, message) => {
    const data = own({ image: (index: number) => (index === 3 ? pixels : ROWS[index]) });
    const error = await caught(() => loadBatch(data, [0, 3], { normalization }));
    expect(error.code).toBe('data');
    expect(error.message).toContain(message);
    expect(await messageOf(() => channelStatistics(data))).toContain(message);
  });

  it('and taken as a plain array', () => {
    const plain = own({ image: (index: number) => [...(ROWS[index] as Float32Array)] });
    expect(loadBatch(plain, [1], { normalization })).toEqual(loadBatch(own(), [1], { normalization }));
  });

  it.each([6, -1, 0.5, NaN])('and there is none at position %s', async (position) => {
    expect(await messageOf(() => loadBatch(own(), [0, position], { normalization }))).toBe(
      `dataset 'mine': expected an image from 0 to 5, got ${position}.`,
    );
  });
});

describe('loadBatch', () => {
  it('does not leave out an augmentation because there is no stream', async () => {
    const preparation = {
      normalization: { mean: [0], std: [1] },
      augmentation: { padCrop: 1, flip: false, padValue: 0 },
    };
    expect(await messageOf(() => loadBatch(own(), [0], preparation))).toContain(
      'loadBatch, random: expected a random stream',
    );
    expect(loadBatch(own(), [0], preparation, createRandom(1))).toHaveLength(4);
  });
});

describe('arrayDataset', () => {
  const given: ArrayDatasetOptions = {
    images: [1, 2, 3, 4, 5, 6, 7, 8],
    labels: [0, 1],
    imageShape: [2, 2, 1],
    classes: 2,
  };
  it.each<[string, ArrayDatasetOptions['images']]>([
    ['one plain array', given.images],
    [
      'a plain array per image',
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
    ],
    [
      'rows of pixels',
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ] as never,
    ],
    ['a typed array per image', [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)]],
    ['doubles', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['clamped bytes, as a canvas gives them', Uint8ClampedArray.of(1, 2, 3, 4, 5, 6, 7, 8)],
  ])('takes %s', (_, images) => {
    const data = arrayDataset({ ...given, images, labels: BigInt64Array.of(0n, 1n) });
    expect([...data.image(1)]).toEqual([5, 6, 7, 8]);
    expect(data.labels).toEqual(Int32Array.of(0, 1));
  });

  it.each<[Record<string, unknown>, string]>([
    [
      {
        labels: [
          [1, 0],
          [0, 1],
        ],
      },
      'One-hot labels',
    ],
    [{ labels: [1, 0, 0, 1] }, 'One-hot labels in one array'],
    [{ labels: ['cat', 'dog'] }, 'Class names'],
    [
      { images: tf.tensor1d([1, 2]) },
      'images: expected an array of numbers, got a tensor of shape [2]. Read tensors first',
    ],
    [{ images: Promise.resolve() }, 'Write `await` before it.'],
    [{ imageshape: [2, 2, 1] }, "got 'imageshape'. Did you mean 'imageShape'?"],
    [{ classes: undefined }, 'classes: expected a whole number of at least 1, got nothing.'],
    [{ imageShape: '2x2' }, 'imageShape: expected [height, width, channels]'],
  ])('refuses %j', async (change, message) => {
    expect(await messageOf(() => arrayDataset({ ...given, ...change }))).toContain(message);
  });
});

it.each<[string, () => unknown, string]>([
  [
    'channelStatistics',
    () => channelStatistics(Promise.resolve(own()) as never),
    'channelStatistics: expected a dataset, got a promise. Write `await` before it.',
  ],
  [
    'loadBatch',
    () => loadBatch(undefined as never, [0], { normalization: { mean: [0], std: [1] } }),
    'loadBatch: expected a dataset, got nothing. Make one with arrayDataset(',
  ],
  [
    'arrayDataset',
    () => arrayDataset(undefined as never),
    'arrayDataset: expected an object of options, got nothing.',
  ],
])('%s says what it was given in place of data', async (_, call, message) => {
  expect(await messageOf(call)).toContain(message);
});

it('statistics of sizes that cannot be are refused before an image is read', async () => {
  for (const size of [1e12, -1, NaN])
    expect(await messageOf(() => channelStatistics(own({ size })))).toMatch(
      /^channelStatistics, size: expected /,
    );
});
