import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { arrayDataset, channelStatistics, datasetFrom } from '../../src/data/index.js';
import type { ImageSource } from '../../src/data/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

const PIXELS = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  [9, 10, 11, 255],
];
const LABELS = [0, 2, 1];
const WANTED = arrayDataset({
  images: PIXELS,
  labels: LABELS,
  imageShape: [2, 2, 1],
  classes: 3,
  name: 'stream',
});

/** What `tf.data` gives: an object with an iterator of its own kind. */
const tensorStream = (make: () => readonly unknown[]): ImageSource => ({
  iterator: () => {
    const elements = make();
    let at = 0;
    const next = (): Promise<{ value: unknown; done: boolean }> =>
      Promise.resolve({ value: elements[at], done: at++ >= elements.length });
    return Promise.resolve({ next });
  },
});

const image = (at: number): tf.Tensor => tf.tensor(PIXELS[at] ?? [], [2, 2, 1]);

describe('datasetFrom takes', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  it.each<[string, ImageSource]>([
    [
      'a tf.data dataset of {xs, ys}',
      tensorStream(() => LABELS.map((label, at) => ({ xs: image(at), ys: tf.scalar(label) }))),
    ],
    [
      'batches of tensors with one-hot rows',
      tensorStream(() => [
        [tf.tensor(PIXELS.slice(0, 2), [2, 2, 2, 1]), tf.tensor2d([1, 0, 0, 0, 0, 1], [2, 3])],
        [tf.tensor(PIXELS.slice(2), [1, 2, 2, 1]), tf.tensor2d([[0, 1, 0]])],
      ]),
    ],
    ['an array of records', LABELS.map((label, at) => ({ image: Uint8Array.from(PIXELS[at] ?? []), label }))],
    [
      'an async generator of pairs of nested arrays',
      (async function* () {
        for (const [at, label] of LABELS.entries()) {
          const [a = 0, b = 0, c = 0, d = 0] = PIXELS[at] ?? [];
          yield await Promise.resolve([
            [
              [[a], [b]],
              [[c], [d]],
            ],
            label,
          ]);
        }
      })(),
    ],
  ])('%s', async (_, source) => {
    const before = tf.memory().numTensors;
    const data = await datasetFrom(source, { imageShape: [2, 2, 1] });
    expect([data.size, data.classes, data.imageShape]).toEqual([3, 3, [2, 2, 1]]);
    expect(data.labels).toEqual(WANTED.labels);
    expect([0, 1, 2].map((at) => [...data.image(at)])).toEqual(PIXELS);
    expect(data.image(0)).toBeInstanceOf(Uint8Array);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('images of 0…1, without labels, of four channels, with weights', async () => {
    const source = [0.25, 1].map((value) => ({ image: tf.fill([1, 3, 4], value), weight: value }));
    const data = await datasetFrom(source, { scale: 255, classes: 5 });
    expect([data.imageShape, [...data.labels], [...(data.weights ?? [])]]).toEqual([
      [1, 3, 4],
      [-1, -1],
      [0.25, 1],
    ]);
    expect([...data.image(0)]).toEqual(new Array(12).fill(63.75));
  });

  it('as many classes as a label has places, and unlabelled images as rows of 0', async () => {
    const rows = [
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ].map((row) => ({ xs: tf.ones([2, 3, 1]), ys: tf.tensor1d(row) }));
    const data = await datasetFrom(rows);
    expect([data.classes, [...data.labels]]).toEqual([4, [1, -1]]);
  });

  it.each<[string, unknown]>([
    ['whole numbers of any size', BigInt64Array.of(0n, 2n, 1n)],
    ['rows of them', [1n, 0n, 0n, 0n, 0n, 1n, 0n, 1n, 0n]],
    ['rows of true and false', LABELS.map((label) => [0, 1, 2].map((place) => place === label))],
    ['rows of bytes', Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0)],
  ])('labels that are %s', async (_, ys) => {
    const xs = BigInt64Array.from(PIXELS.flat(), BigInt);
    const data = await datasetFrom([{ xs, ys }], { imageShape: [2, 2, 1] });
    expect([data.classes, [...data.labels]]).toEqual([3, LABELS]);
    expect([0, 1, 2].map((at) => [...data.image(at)])).toEqual(PIXELS);
  });

  it('options that are an object of a class', async () => {
    class Grey {
      readonly classes = 4;
      get imageShape(): [number, number, number] {
        return [2, 2, 1];
      }
    }
    const data = await datasetFrom([[new Uint8Array(4), 1]], new Grey());
    expect([data.imageShape, data.classes]).toEqual([[2, 2, 1], 4]);
  });

  it('grey images of two axes', async () => {
    const data = await datasetFrom([0, 1].map((label) => [tf.ones([2, 3]), label]));
    expect([data.imageShape, data.classes]).toEqual([[2, 3, 1], 2]);
  });

  it('labels of some classes where their number is said, and -1 among rows', async () => {
    const some = await datasetFrom(
      [1, 3].map((label) => [tf.ones([2, 3]), label]),
      { classes: 5 },
    );
    expect([some.classes, [...some.labels]]).toEqual([5, [1, 3]]);
    const rows = await datasetFrom([-1, [0, 1, 0], -1].map((label) => ({ xs: tf.ones([2, 3]), ys: label })));
    expect([rows.classes, [...rows.labels]]).toEqual([3, [-1, 1, -1]]);
  });

  it('batches without labels, the last of them smaller', async () => {
    const data = await datasetFrom(
      [8, 8, 4].map((size) => new Uint8Array(size)),
      {
        imageShape: [2, 2, 1],
        classes: 2,
      },
    );
    expect(data.size).toBe(5);
  });
});

it.each([null, ''])(
  'a pixel that is %j does not become black: its image is refused when it is read',
  async (pixel) => {
    const data = await datasetFrom([
      { image: [[1, pixel]], label: 0 },
      { image: [[1, 2]], label: 1 },
    ]);
    const error = await caught(() => channelStatistics(data));
    expect(error.message).toContain(
      "dataset 'stream', image 0 of 2: expected finite pixels, got NaN at value 1",
    );
  },
);

describe('datasetFrom refuses', () => {
  const spent = tf.ones([2, 2, 1]);
  it.each<[string, unknown, object, string]>([
    ['a promise', Promise.resolve([]), {}, 'got a promise. Write `await` before it.'],
    ['a generator that was not called', () => [], {}, 'Call it, if it is a generator'],
    ['arrays of all images', { images: [], labels: [] }, {}, 'For arrays of all images use arrayDataset.'],
    ['nothing', [], {}, "datasetFrom 'stream': expected at least one image, got none."],
    ['an element without an image', [{ label: 1 }], {}, "datasetFrom 'stream', element 0: expected an image"],
    [
      'typed arrays of unknown shape',
      [new Uint8Array(4)],
      {},
      'imageShape: expected [height, width, channels], got nothing.',
    ],
    [
      'an image of another size',
      [
        [new Uint8Array(4), 0],
        [new Uint8Array(3), 0],
      ],
      { imageShape: [2, 2, 1] },
      'element 1: expected 4 values (2×2×1), or those of several such images, got 3.',
    ],
    [
      'images with their axes in another order',
      [tf.ones([4, 2, 3]), tf.ones([3, 4, 2])],
      { classes: 2 },
      'element 1: expected 24 values (4×2×3), or those of several such images, got 3×4×2.',
    ],
    [
      'a batch of channels first',
      [tf.ones([5, 3, 4, 4])],
      { classes: 2, imageShape: [4, 4, 3] },
      'element 0: expected 48 values (4×4×3), or those of several such images, got 5×3×4×4.',
    ],
    [
      'labels beside a batch, not beside its images',
      [tf.ones([12, 2, 2, 1]), tf.zeros([12])],
      { classes: 3 },
      'Put the labels beside their images: `[[images, labels]]`.',
    ],
    [
      'one-hot rows beside a batch',
      [tf.ones([12, 2, 2, 1]), tf.zeros([12, 3])],
      { classes: 3 },
      'Put the labels beside their images: `[[images, labels]]`.',
    ],
    [
      'soft labels',
      [{ xs: tf.ones([2, 2, 1]), ys: tf.tensor1d([0.25, 0.75]) }],
      {},
      'element 0, label: expected a row of 0 with one 1, got [0.25,0.75].',
    ],
    [
      'several labels for an image',
      [{ xs: tf.ones([2, 2, 1]), ys: tf.tensor1d([1, 1, 0]) }],
      {},
      'element 0, label: expected a row of 0 with one 1, got [1,1,0].',
    ],
    [
      'a label under another name, which would be none',
      [{ image: tf.ones([2, 2, 1]), labels: 1 }],
      { classes: 2 },
      'element 0: expected its label as `label` or `ys`, got labels.',
    ],
    [
      'an image that is none, by what it is',
      [{ image: { width: 2, height: 2 }, label: 0 }],
      {},
      'element 0: expected an image, got {"width":2,"height":2}.',
    ],
    [
      'a generator that throws, at its element',
      (function* () {
        yield { xs: tf.ones([2, 2, 1]), ys: 0 };
        throw new TypeError('no such photo');
      })(),
      {},
      "datasetFrom 'stream', element 1: expected values that can be read, got no such photo.",
    ],
    ['a scale of 0', [], { scale: 0 }, 'datasetFrom.scale: expected a number above 0, got 0.'],
    [
      'an option that does not exist',
      [],
      { numClasses: 3 },
      "datasetFrom: expected a known option, got 'numClasses'. Did you mean 'classes'?",
    ],
    [
      'labels that are words',
      [[new Uint8Array(4), 'cat']],
      { imageShape: [2, 2, 1] },
      'element 0, label: expected a number, got "cat".',
    ],
    ...(
      [
        ['a list of words', ['cat', 'dog'], '"cat"'],
        ['a tensor of words', tf.tensor1d(['cat', 'dog']), '"cat"'],
        ['NaN', [NaN, 1], 'NaN'],
        ['null', [null, 1], 'null'],
        ['fractions', tf.tensor1d([0.5, 1]), '0.5'],
      ] as [string, unknown, string][]
    ).map(([what, ys, got]): [string, unknown, object, string] => [
      `labels that are ${what}, which would all be of class 0`,
      [{ xs: new Uint8Array(8), ys }],
      { imageShape: [2, 2, 1], classes: 2 },
      `element 0, label: expected a whole number, got ${got}.`,
    ]),
    [
      'a tensor that was disposed, as one that is there twice',
      [spent, spent].map((xs) => ({ xs, ys: 0 })),
      {},
      "datasetFrom 'stream', element 1: expected values that can be read, got Tensor is disposed.",
    ],
    [
      'a superclass that is a fraction',
      [{ image: new Uint8Array(4), superclass: 0.7 }],
      { imageShape: [2, 2, 1], classes: 2 },
      'element 0, superclass: expected a whole number, got 0.7.',
    ],
    [
      'a Map of options',
      [new Uint8Array(4)],
      new Map([['classes', 2]]),
      'datasetFrom: expected an object of options, got an object.',
    ],
    [
      'labels from 1 that are said to be of no number of classes',
      [1, 2, 3].map((label) => [new Uint8Array(4), label]),
      { imageShape: [2, 2, 1] },
      'labels: expected some images of each class, got none with label 0. Do labels count from 1? Class indices count from 0. Give `classes`',
    ],
    [
      'labels with a gap',
      [0, 4].map((label) => [new Uint8Array(4), label]),
      { imageShape: [2, 2, 1] },
      'got none with label 1. Give `classes` if a class has no image here.',
    ],
    [
      'rows of different lengths',
      [
        [new Uint8Array(4), [1, 0]],
        [new Uint8Array(4), [0, 0, 1]],
      ],
      { imageShape: [2, 2, 1] },
      'element 1, label: expected a one-hot row of 2, as in the elements before, got a row of 3.',
    ],
    [
      'an index after rows',
      [
        [new Uint8Array(4), [1, 0]],
        [new Uint8Array(4), 7],
      ],
      { imageShape: [2, 2, 1] },
      'element 1, label: expected a one-hot row of 2, as in the elements before, got 7.',
    ],
    [
      'a row after indices',
      [
        [new Uint8Array(4), 0],
        [new Uint8Array(4), [0, 1]],
      ],
      { imageShape: [2, 2, 1] },
      'element 1, label: expected a class index, as in the elements before, got a row of 2.',
    ],
    [
      'rows of another length than there are classes',
      [[new Uint8Array(4), [1, 0, 0]]],
      { imageShape: [2, 2, 1], classNames: ['cat', 'dog'] },
      'labels: expected rows of 2, one place per class, got rows of 3.',
    ],
    [
      'an image that is larger than those before',
      [new Uint8Array(4), new Uint8Array(16)],
      { imageShape: [2, 2, 1], classes: 2 },
      'element 1: expected at most 1 of 2×2×1, as many images as the element before, got values of 4. Is it a larger image?',
    ],
    [
      'no labels and no classes',
      [new Uint8Array(4)],
      { imageShape: [2, 2, 1] },
      'expected the number of classes',
    ],
    [
      'weights for some',
      [{ image: new Uint8Array(4), weight: 1 }, { image: new Uint8Array(4) }],
      { imageShape: [2, 2, 1], classes: 2 },
      'element 1, weight: expected one for every image or for none',
    ],
  ])('%s', async (_, source, options, message) => {
    const error = await caught(() => datasetFrom(source as ImageSource, options));
    expect(error.message).toContain(message);
    expect(['data', 'option']).toContain(error.code);
  });
});
