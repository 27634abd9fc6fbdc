import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { describeValue, DistillError, isPromise } from '../error/index.js';
import { expectKnown } from '../option/index.js';
import { expectImageShape } from './check-dataset.js';
import { imageWeights, labelsOf, superclassIndices } from './check-labels.js';
import type { LabelsLike } from './check-labels.js';
import type { InMemoryDataset } from './dataset.js';
import { flattened, isList, isTurned } from './lists.js';

export interface ArrayDatasetOptions {
  /** `size · height · width · channels` values, NHWC, 0…255, in one array or one array per image. */
  readonly images: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Class index per image, from 0; −1: unlabelled. If omitted, no image has a label. */
  readonly labels?: LabelsLike | undefined;
  /** `[height, width, channels]`. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  readonly superclasses?: LabelsLike | undefined;
  /** Weight of each image; see {@link Dataset.weights}. */
  readonly weights?: ArrayLike<number> | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** Default `array`. */
  readonly name?: string | undefined;
}

const FIELDS = ['images', 'labels', 'imageShape', 'classes', 'superclasses', 'weights', 'classNames', 'name'];

/**
 * Makes a dataset from arrays in memory. Images in one Uint8Array or Float32Array are not copied.
 *
 * @throws DistillError code `data` if sizes do not fit or a label is out of range
 */
export function arrayDataset(options: ArrayDatasetOptions): InMemoryDataset {
  expectKnown('arrayDataset', options, FIELDS, { code: 'data' });
  const { imageShape, classes, name = 'array' } = options;
  if (typeof (name as unknown) !== 'string') {
    const got = describeValue(name);
    throw new DistillError({ code: 'data', where: 'arrayDataset, name', expected: 'a string', got });
  }
  const place = `arrayDataset '${name}'`;
  const refuse = (what: string, expected: string, got: string, hint?: string): never => {
    throw new DistillError({ code: 'data', where: `${place}${what}`, expected, got, hint });
  };
  if (!(Number.isSafeInteger(classes) && classes >= 1))
    refuse(', classes', 'a whole number of at least 1', describeValue(classes));
  expectImageShape(place, imageShape);
  const pixels = imageShape.reduce((product, axis) => product * axis, 1);
  const images = flatPixels(options.images, (value, at) =>
    refuse(
      `, image ${Math.floor(at / pixels)}`,
      'numbers as pixels',
      `${describeValue(value)} at value ${at % pixels}`,
    ),
  );
  if (images === undefined) {
    const hint = isPromise(options.images)
      ? 'Write `await` before it.'
      : 'Read tensors first: `await tensor.data()`.';
    return refuse(', images', 'an array of numbers', describeValue(options.images), hint);
  }
  const count = images.length / pixels;
  if (options.labels === undefined && !Number.isInteger(count))
    refuse(', images', `whole images of ${pixels} values`, `${images.length} values`);
  const labels = labelsOf(place, options.labels, classes, count).slice();
  const uneven = Array.isArray(options.images) ? unevenImage(options.images, labels.length, pixels) : -1;
  if (uneven >= 0)
    refuse(`, images[${uneven}]`, `${pixels} values`, `${lengthOf(options.images[uneven])} values`);
  if (images.length !== labels.length * pixels) {
    const expected = `${labels.length} images of ${pixels} values = ${labels.length * pixels}`;
    refuse(', images', expected, `${images.length} values`);
  }
  const { shape } = Array.isArray(options.images) ? flattened(options.images.slice(0, 1)) : { shape: [] };
  if (isTurned(shape.slice(1), imageShape))
    refuse(
      ', images[0]',
      imageShape.join('×'),
      shape.slice(1).join('×'),
      'Nested arrays are [height, width, channels].',
    );
  const superclasses =
    options.superclasses === undefined
      ? undefined
      : superclassIndices(place, options.superclasses, labels.length).slice();

  const weights =
    options.weights === undefined ? undefined : imageWeights(place, options.weights, labels.length).slice();

  let fingerprint: string | undefined;
  return {
    name,
    size: labels.length,
    imageShape,
    classes,
    labels,
    superclasses,
    weights,
    classNames: options.classNames,
    image: (index) => images.subarray(index * pixels, (index + 1) * pixels),
    get fingerprint() {
      fingerprint ??= bytesToHex(
        sha256
          .create()
          .update(new Uint8Array(images.buffer, images.byteOffset, images.byteLength))
          .update(new Uint8Array(labels.buffer))
          .update(new Uint8Array(superclasses?.buffer ?? new ArrayBuffer(0)))
          .update(new Uint8Array(weights?.buffer ?? new ArrayBuffer(0)))
          .update(utf8ToBytes(JSON.stringify(imageShape)))
          .digest(),
      );
      return fingerprint;
    },
  };
}

/** All pixels in one typed array; undefined for anything but an array. */
function flatPixels(
  given: unknown,
  refuse: (value: unknown, at: number) => never,
): Uint8Array | Float32Array | undefined {
  if (given instanceof Uint8Array || given instanceof Float32Array) return given;
  if (given instanceof Uint8ClampedArray) return new Uint8Array(given.buffer, given.byteOffset, given.length);
  if (Array.isArray(given)) {
    const views = given.filter((entry): entry is PixelView => isPixelView(entry));
    if (views.length > 0 && views.length === given.length) return joined(views);
    const nested = given.some((entry) => typeof entry === 'object');
    const flat = nested ? flattened(given).flat : (given as unknown[]);
    return Float32Array.from(flat, (value, at) =>
      typeof value === 'number' || typeof value === 'bigint' ? Number(value) : refuse(value, at),
    );
  }
  if (isList(given)) return Float32Array.from(given as ArrayLike<number>, Number);
  return undefined;
}

type PixelView = Uint8Array | Uint8ClampedArray | Float32Array;

const isPixelView = (entry: unknown): boolean =>
  entry instanceof Uint8Array || entry instanceof Uint8ClampedArray || entry instanceof Float32Array;

/** One array per image in one: of bytes if all are. */
function joined(views: readonly PixelView[]): Uint8Array | Float32Array {
  const size = views.reduce((sum, { length }) => sum + length, 0);
  const all = views.some((view) => view instanceof Float32Array)
    ? new Float32Array(size)
    : new Uint8Array(size);
  let at = 0;
  for (const view of views) {
    all.set(view, at);
    at += view.length;
  }
  return all;
}

/** The first of one entry per image that has another number of pixels; −1 if there is none. */
const unevenImage = (given: readonly unknown[], count: number, pixels: number): number =>
  given.length === count ? given.findIndex((entry) => lengthOf(entry) !== pixels) : -1;

const lengthOf = (entry: unknown): number =>
  Array.isArray(entry)
    ? entry.reduce<number>((sum, inner) => sum + lengthOf(inner), 0)
    : isList(entry)
      ? entry.length
      : 1;
