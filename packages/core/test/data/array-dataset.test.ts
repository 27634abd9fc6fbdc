import { arrayDataset } from '../../src/data/index.js';
import type { ArrayDatasetOptions } from '../../src/data/index.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

const given: ArrayDatasetOptions = {
  images: Uint8Array.from({ length: 3 * 4 }, (_, at) => at),
  labels: [0, 1, 1],
  imageShape: [2, 2, 1],
  classes: 2,
};

/** Zeros, nested. */
const nested = (first: number, ...rest: number[]): unknown[] =>
  Array.from({ length: first }, () => (rest.length === 0 ? 0 : nested(rest[0] as number, ...rest.slice(1))));

describe('arrayDataset', () => {
  it('hands out images, labels and sizes', () => {
    const data = arrayDataset({
      ...given,
      superclasses: [0, 0, 1],
      classNames: ['cat', 'dog'],
      name: 'pets',
    });
    expect(data).toMatchObject({
      name: 'pets',
      size: 3,
      classes: 2,
      imageShape: [2, 2, 1],
      classNames: ['cat', 'dog'],
    });
    expect([...data.image(1)]).toEqual([4, 5, 6, 7]);
    expect(data.labels).toEqual(Int32Array.of(0, 1, 1));
    expect(data.superclasses).toEqual(Int32Array.of(0, 0, 1));
  });

  it.each<[string, Partial<ArrayDatasetOptions>, string]>([
    [
      'pixels that are texts',
      { images: [0, 1, '2', 3] as never },
      'arrayDataset \'array\', image 0: expected numbers as pixels, got "2" at value 2.',
    ],
    ['a name that is no text', { name: 5 as never }, 'arrayDataset, name: expected a string, got 5.'],
    [
      'too few pixels',
      { images: new Uint8Array(11) },
      "arrayDataset 'array', images: expected 3 images of 4 values = 12, got 11 values.",
    ],
    [
      'a label too high',
      { labels: [0, 2, 1] },
      'label of image 1: expected a whole number from 0 to 1, got 2.',
    ],
    [
      'a negative label',
      { labels: [0, 1, -2] },
      'label of image 2: expected a whole number from 0 to 1, got -2.',
    ],
    [
      'a label between two',
      { labels: [0.5, 1, 1] },
      'label of image 0: expected a whole number from 0 to 1, got 0.5.',
    ],
    [
      'a label that is none',
      { labels: [0, NaN, 1] },
      'label of image 1: expected a whole number from 0 to 1, got NaN.',
    ],
    [
      'nested arrays with the channels first',
      { images: [nested(3, 2, 2), nested(3, 2, 2), nested(3, 2, 2)] as never, imageShape: [2, 2, 3] },
      "arrayDataset 'array', images[0]: expected 2×2×3, got 3×2×2. Nested arrays are [height, width, channels].",
    ],
    [
      'nested arrays of another width',
      { images: [nested(2, 4, 1), nested(2, 4, 1), nested(2, 4, 1)] as never, imageShape: [4, 2, 1] },
      'images[0]: expected 4×2×1, got 2×4×1.',
    ],
    ['a missing superclass', { superclasses: [0, 0] }, 'superclasses: expected one per image (3), got 2.'],
    [
      'a wrong superclass',
      { superclasses: [0, -1, 0] },
      'superclass of image 1: expected a whole number of at least 0, got -1.',
    ],
  ])('refuses %s', async (_, change, message) => {
    const error = await caught(() => arrayDataset({ ...given, ...change }));
    expect(error.code).toBe('data');
    expect(error.message).toContain(message);
  });
});

it.each<[string, unknown[]]>([
  ['rows, columns and channels', [nested(2, 3, 2), nested(2, 3, 2)]],
  ['pixels of channels', [nested(6, 2), nested(6, 2)]],
  ['rows of values', nested(4, 6)],
  ['one axis more', [nested(2, 3, 2, 1), nested(2, 3, 2, 1)]],
])('takes images nested as %s', (_, images) => {
  const data = arrayDataset({ images: images as never, labels: [0, 1], imageShape: [2, 3, 2], classes: 2 });
  expect(data.size).toBe(2);
});

it('joins one typed array per image without another copy of each number', () => {
  const bytes = [Uint8Array.of(0, 1, 2, 3), new Uint8ClampedArray([4, 5, 6, 7]), Uint8Array.of(8, 9, 10, 11)];
  const of = (images: ArrayDatasetOptions['images'], at: number): unknown =>
    arrayDataset({ ...given, images }).image(at);
  expect(of(bytes, 1)).toEqual(Uint8Array.of(4, 5, 6, 7));
  const mixed = [Float32Array.of(0.5, 1, 2, 3), ...bytes.slice(1)];
  expect(of(mixed, 0)).toEqual(Float32Array.of(0.5, 1, 2, 3));
  expect(of(mixed, 2)).toEqual(Float32Array.of(8, 9, 10, 11));
});

it('refuses one array per image of which some are longer, though all together have the right size', async () => {
  const bytes = [3, 5, 4].map((length) => new Uint8Array(length));
  for (const images of [bytes, bytes.map((image) => [...image])]) {
    const error = await caught(() => arrayDataset({ ...given, images }));
    expect(error.message).toContain('images[0]: expected 4 values, got 3 values');
  }
});

describe('its fingerprint', () => {
  const of = (change: Partial<ArrayDatasetOptions> = {}): string =>
    arrayDataset({ ...given, ...change }).fingerprint;

  it('is the same for the same data under any name', () => {
    expect(of()).toMatch(/^[0-9a-f]{64}$/);
    expect(of({ name: 'other' })).toBe(of());
    expect(of({ labels: Uint8Array.of(0, 1, 1) })).toBe(of());
  });

  it.each<[string, Partial<ArrayDatasetOptions>]>([
    ['one pixel', { images: Uint8Array.from({ length: 12 }, (_, at) => at + Number(at === 7)) }],
    ['one label', { labels: [0, 1, 0] }],
    ['the superclasses', { superclasses: [0, 0, 0] }],
    ['the shape', { imageShape: [4, 1, 1] }],
  ])('changes with %s', (_, change) => {
    expect(of(change)).not.toBe(of());
  });

  it('looks at a view of a larger buffer only', () => {
    const large = Uint8Array.from({ length: 20 }, (_, at) => at - 4);
    expect(of({ images: large.subarray(4, 16) })).toBe(of());
  });
});
