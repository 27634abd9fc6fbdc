import { asDistillError } from '../error/first-line.js';
import { describeValue, DistillError, isPromise } from '../error/index.js';
import { expectKnown, expectOption, positive } from '../option/index.js';
import { arrayDataset } from './array-dataset.js';
import type { ArrayDatasetOptions } from './array-dataset.js';
import type { InMemoryDataset } from './dataset.js';
import { isTurned } from './lists.js';
import { asPixels, numberOf, partsOf, valuesOf } from './stream-element.js';

/** The part of `tf.data.Dataset` that is used, so that tfjs-data need not be imported. */
export interface TensorStream {
  iterator(): Promise<{ next(): Promise<{ readonly value: unknown; readonly done: boolean }> }>;
}

/**
 * Single images or batches of them. An image is a tensor `[height, width, channels]` or `[height, width]`, a
 * typed array or nested arrays; a batch has one more axis. An element is an image or batch alone, or with
 * labels: `[image, label]`, `{ xs, ys }` or `{ image, label, superclass, weight }`. A label is a class index,
 * −1 (unlabelled), or a one-hot row. A typed array does not say its shape: with the values of several images it
 * is a batch, which its labels confirm.
 */
export type ImageSource = TensorStream | AsyncIterable<unknown> | Iterable<unknown>;

export interface DatasetFromOptions {
  /** Shape of the images. Default: that of the first tensor; required for typed arrays. */
  readonly imageShape?: readonly [height: number, width: number, channels: number] | undefined;
  /**
   * Number of classes. Default: the number of class names, else the length of the one-hot rows or the highest
   * label plus 1. Each class up to that label then needs an image.
   */
  readonly classes?: number | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** Factor that converts the given values to 0…255: 255 for images in 0…1. Default 1. */
  readonly scale?: number | undefined;
  /** Default `stream`. */
  readonly name?: string | undefined;
}

/** What `datasetFrom` does. A module of its own, so that pages which read no stream do not load it. */
export async function readStream(source: ImageSource, options: DatasetFromOptions): Promise<InMemoryDataset> {
  expectKnown('datasetFrom', options, ['imageShape', 'classes', 'classNames', 'scale', 'name'], {
    code: 'data',
  });
  const { name = 'stream', scale = 1 } = options;
  expectOption('datasetFrom.scale', scale, positive);
  const taken = collector(name, options.imageShape, scale);
  let element = 0;
  try {
    for await (const value of elementsOf(source, name)) {
      await taken.add(value, element);
      element++;
    }
  } catch (error) {
    // The source is a program that may throw. Tensors of a list that was read before are disposed.
    const where = `datasetFrom '${name}', element ${element}`;
    throw asDistillError(error, { code: 'data', where, expected: 'values that can be read' });
  }
  if (element === 0) throw refusal(name, '', 'at least one image', 'none');
  const { images, labels, superclasses, weights, imageShape, width } = taken.end();
  const classes = options.classes ?? options.classNames?.length ?? (width || classesOf(labels, name));
  if (width > 0 && width !== classes)
    throw refusal(
      name,
      ', labels',
      `rows of ${describeValue(classes)}, one place per class`,
      `rows of ${width}`,
    );
  const parts: ArrayDatasetOptions = { images, labels, imageShape, classes, name, superclasses, weights };
  return arrayDataset({ ...parts, classNames: options.classNames });
}

const refusal = (name: string, what: string, expected: string, got: string, hint?: string): DistillError =>
  new DistillError({ code: 'data', where: `datasetFrom '${name}'${what}`, expected, got, hint });

async function* elementsOf(source: ImageSource, name: string): AsyncGenerator {
  const given: unknown = source;
  if (typeof given === 'object' && given !== null) {
    if ('iterator' in given && typeof given.iterator === 'function') {
      const iterator = await (given as TensorStream).iterator();
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
      return;
    }
    if (Symbol.asyncIterator in given || Symbol.iterator in given) {
      yield* given as AsyncIterable<unknown>;
      return;
    }
  }
  const hint = isPromise(given)
    ? 'Write `await` before it.'
    : typeof given === 'function'
      ? 'Call it, if it is a generator: `datasetFrom(images())`.'
      : 'For arrays of all images use arrayDataset.';
  throw refusal(name, '', 'a tf.data dataset, an iterable or an async iterable', describeValue(given), hint);
}

/** The number of classes of labels without a gap. */
function classesOf(labels: readonly number[], name: string): number {
  const there = new Set(labels.filter((label) => label >= 0));
  if (there.size === 0)
    throw refusal(name, ', classes', 'the number of classes, since no image has a label', 'nothing');
  let missing = 0;
  while (there.has(missing)) missing++;
  if (missing === there.size) return missing;
  const hint = there.has(0) ? '' : 'Do labels count from 1? Class indices count from 0. ';
  throw refusal(
    name,
    ', labels',
    'some images of each class',
    `none with label ${missing}`,
    `${hint}Give \`classes\` if a class has no image here.`,
  );
}

interface Collector {
  add(element: unknown, index: number): Promise<void>;
  end(): {
    readonly images: readonly (Uint8Array | Float32Array)[];
    readonly labels: readonly number[];
    readonly superclasses: readonly number[] | undefined;
    readonly weights: readonly number[] | undefined;
    readonly imageShape: readonly [number, number, number];
    /** Length of the labels' one-hot rows; 0 if labels are numbers. */
    readonly width: number;
  };
}

function collector(name: string, given: DatasetFromOptions['imageShape'], scale: number): Collector {
  let shape: readonly number[] | undefined = given;
  const images: (Uint8Array | Float32Array)[] = [];
  const lists = { label: [] as number[], superclass: [] as number[], weight: [] as number[] };
  let rowWidth: number | undefined;
  let lastCount = Infinity;

  /** Collects one number per image; a label may also be one one-hot row per image. */
  const numbers = async (
    part: keyof typeof lists,
    value: unknown,
    count: number,
    at: string,
  ): Promise<void> => {
    if (value === undefined) {
      if (part === 'label') lists.label.push(...Array.from({ length: count }, () => -1));
      return;
    }
    const found = await valuesOf(value);
    const size = found?.values.length ?? NaN;
    if (found === undefined || size % count !== 0 || (part !== 'label' && size !== count))
      throw refusal(
        name,
        `, ${at}, ${part}`,
        count === 1 ? 'a number' : `${count} numbers`,
        describeValue(value),
      );
    const width = size / count;
    const isRow = width > 1;
    if (part === 'label' && (isRow || Array.from(found.values).some((label) => numberOf(label) !== -1))) {
      rowWidth ??= width;
      if (width !== rowWidth) {
        const expected = rowWidth === 1 ? 'a class index' : `a one-hot row of ${rowWidth}`;
        const got = isRow ? `a row of ${width}` : describeValue(found.values[0]);
        throw refusal(name, `, ${at}, label`, `${expected}, as in the elements before`, got);
      }
    }
    for (let image = 0; image < count; image++) {
      const entries = Array.from({ length: width }, (_, place) => found.values[image * width + place]);
      const row = entries.map(numberOf);
      // Soft or multiple labels would silently lose all but one entry.
      const isOneHot = /^1?$/.test(row.filter((value) => value !== 0).join());
      const number = isRow ? (isOneHot ? row.indexOf(1) : NaN) : (row[0] ?? NaN);
      if (part !== 'weight' && !Number.isInteger(number)) {
        const expected = isRow ? 'a row of 0 with one 1' : 'a whole number';
        throw refusal(name, `, ${at}, ${part}`, expected, describeValue(isRow ? entries : entries[0]));
      }
      lists[part].push(number);
    }
  };

  return {
    async add(element, index) {
      const at = `element ${index}`;
      const parts = partsOf(element);
      const found = await valuesOf(parts.image);
      if (found === undefined || parts.others.length > 0) {
        const hint = 'An element is an image, [image, label], { xs, ys } or { image, label }.';
        const [expected, got] =
          found === undefined
            ? ['an image', describeValue(parts.image ?? element)]
            : ['its label as `label` or `ys`', parts.others.join(', ')];
        throw refusal(name, `, ${at}`, expected, got, hint);
      }
      const own = found.shape ?? shape;
      shape ??= own !== undefined && own.length >= 2 ? imageShapeOf(own) : undefined;
      if (shape === undefined) throw refusal(name, ', imageShape', '[height, width, channels]', 'nothing');
      const pixels = shape.reduce((product, axis) => product * axis, 1);
      const count = found.values.length / pixels;
      // Axes in another order give the same number of values, and so may the labels of the images before.
      const turned = own !== undefined && isTurned(own, shape) ? own.join('×') : undefined;
      const [height, width] = shape;
      const [rows, columns = 1, ...rest] = found.shape ?? [];
      const isLabels =
        rows === lists.label.length &&
        rows > 1 &&
        rest.length === 0 &&
        (rows !== height || columns !== width);
      if (!Number.isInteger(count) || count === 0 || turned !== undefined || isLabels) {
        const expected = `${pixels} values (${shape.join('×')}), or those of several such images`;
        const got = turned ?? (isLabels ? describeValue(parts.image) : `${found.values.length}`);
        const hint = isLabels ? 'Put the labels beside their images: `[[images, labels]]`.' : undefined;
        throw refusal(name, `, ${at}`, expected, got, hint);
      }
      if (parts.label === undefined && found.shape === undefined) {
        if (count > lastCount) {
          const expected = `at most ${lastCount} of ${shape.join('×')}, as many images as the element before`;
          const hint =
            'Is it a larger image? A tensor or nested arrays say their shape; a batch may have labels of -1.';
          throw refusal(name, `, ${at}`, expected, `values of ${count}`, hint);
        }
        lastCount = count;
      }
      images.push(asPixels(found.values, scale));
      await numbers('label', parts.label, count, at);
      await numbers('superclass', parts.superclass, count, at);
      await numbers('weight', parts.weight, count, at);
      for (const part of ['superclass', 'weight'] as const) {
        if (lists[part].length === 0 || lists[part].length === lists.label.length) continue;
        throw refusal(name, `, ${at}, ${part}`, 'one for every image or for none', 'one for some');
      }
    },
    end: () => ({
      images,
      labels: lists.label,
      superclasses: lists.superclass.length === 0 ? undefined : lists.superclass,
      weights: lists.weight.length === 0 ? undefined : lists.weight,
      imageShape: shape as readonly [number, number, number],
      width: rowWidth === 1 ? 0 : (rowWidth ?? 0),
    }),
  };
}

/** `[h, w]`, `[h, w, c]` or `[n, h, w, c]`. */
const imageShapeOf = (shape: readonly number[]): readonly number[] =>
  shape.length === 2 ? [...shape, 1] : shape.slice(-3);
