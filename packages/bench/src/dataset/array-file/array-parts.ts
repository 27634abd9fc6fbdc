import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import { arrayDataset } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import { dataError } from '../bytes/byte-stream.js';
import type { Numbers } from '../bytes/numbers.js';
import type { LoadedSplits, Split } from '../format.js';
import { resized } from '../resized.js';
import type { ResizeOptions } from '../resized.js';
import { classLabels } from './labels.js';
import { asPixels, rangeOf } from './pixels.js';
import type { ImageAxes, ValueRange } from './pixels.js';

/** Images and labels of one split, in array files that are read on demand. */
export interface ArrayPart {
  readonly images: {
    /** The file, and the array in it. */
    readonly where: string;
    readonly axes: ImageAxes;
    /** Whether values were stored as floats. */
    readonly isFloat: boolean;
    /** Bytes of a value once read. */
    readonly valueBytes: number;
    /** The first `count` images, NHWC. */
    read(count: number): Promise<Numbers>;
  };
  readonly labels: { readonly where: string; read(): Promise<Numbers> };
}

/** The options of an array dataset in a configuration. */
export interface ArraySource extends ResizeOptions {
  /** Only the first so many images. Default: all. */
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
  /** The label of the first class. Default: 0. */
  readonly firstLabel?: number | undefined;
  /** In order of their labels. */
  readonly classNames?: readonly string[] | undefined;
  /** The values of black and white. Default: by the number type, see `asPixels`. */
  readonly range?: ValueRange | undefined;
}

/**
 * Loads the wanted splits of an array dataset. The number of classes comes from `classNames`, else from the training labels;
 * each class needs a training image.
 *
 * @param name of the dataset
 * @throws DistillError code `data` where parts do not fit together
 */
export async function loadParts(
  name: string,
  parts: Readonly<Partial<Record<Split, ArrayPart | undefined>>> & { readonly train: ArrayPart },
  wanted: readonly Split[],
  source: ArraySource,
): Promise<LoadedSplits> {
  const { classNames, firstLabel = 0 } = source;
  const labels = await labelsOf(parts.train, { firstLabel, classes: classNames?.length });
  const classes = classNames?.length ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  expectAllClasses(labels, classes, parts.train.labels.where, source);
  const splits: Partial<Record<Split, Dataset>> = {};
  const chosen: Wanted[] = [];
  for (const split of wanted) {
    const part = parts[split];
    if (part === undefined) continue;
    expectOneShape(part, parts.train);
    const all = split === 'train' ? labels : await labelsOf(part, { firstLabel, classes });
    const most = { train: source.trainSize, validation: undefined, test: source.testSize }[split];
    const size = Math.min(all.length, most ?? Infinity);
    chosen.push({ split, part, labels: all.subarray(0, size) });
  }
  // A split alone may not reach black or white. Test images decide nothing: trials of options do not read them.
  const read: (Wanted & { readonly numbers: Numbers })[] = [];
  for (const each of chosen) read.push({ ...each, numbers: await numbersOf(each) });
  const range = source.range ?? guessedRange(read);
  for (const { split, part, labels: own, numbers } of read) {
    const { height, width, channels } = part.images.axes;
    const dataset = arrayDataset({
      name,
      images: asPixels(numbers, part.images.isFloat, range, part.images.where),
      labels: own,
      imageShape: [height, width, channels],
      ...{ classes, classNames },
    });
    splits[split] = resized(dataset, source);
  }
  return { splits };
}

/** A part to be read, with the labels of its images. */
interface Wanted {
  readonly split: Split;
  readonly part: ArrayPart;
  readonly labels: Int32Array;
}

/** The range of the training images; floats and integers may be stored beside each other. */
function guessedRange(parts: readonly (Wanted & { readonly numbers: Numbers })[]): ValueRange | undefined {
  const train = parts.find(({ split }) => split === 'train');
  if (train === undefined || parts.some(({ part }) => part.images.isFloat !== train.part.images.isFloat))
    return undefined;
  const { least, most } = train.numbers;
  return rangeOf(least, most, train.part.images.isFloat, train.part.images.where);
}

async function labelsOf(
  { images, labels }: ArrayPart,
  rules: { readonly firstLabel: number; readonly classes: number | undefined },
): Promise<Int32Array> {
  return classLabels(await labels.read(), { ...rules, where: labels.where, images: images.axes.size });
}

async function numbersOf({ part: { images }, labels }: Wanted): Promise<Numbers> {
  const { height, width, channels } = images.axes;
  const bytes = labels.length * height * width * channels * images.valueBytes;
  const most = Math.min(totalmem(), process.constrainedMemory() || Infinity, constants.MAX_LENGTH) * 0.75;
  if (bytes > most) {
    const gib = (size: number): string => `${(size / 2 ** 30).toFixed(1)} GiB`;
    const hint = 'Take fewer images: dataset.trainSize, dataset.testSize.';
    throw dataError(
      images.where,
      `at most ${gib(most)} of images, what this machine holds`,
      gib(bytes),
      hint,
    );
  }
  return await images.read(labels.length);
}

function expectAllClasses(
  labels: Int32Array,
  classes: number,
  where: string,
  { firstLabel = 0, classNames }: ArraySource,
): void {
  const there = new Set(labels);
  const missing = Array.from({ length: classes }, (_, label) => label).filter((label) => !there.has(label));
  if (missing.length === 0 && classes > 1) return;
  const shown = missing.slice(0, 10).map((label) => classNames?.[label] ?? String(label + firstLabel));
  const got =
    missing.length === 0
      ? 'a single class'
      : `none with label ${shown.join(', ')}${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}`;
  const hint =
    missing.length === 1 && missing[0] === 0
      ? 'Do the labels count from 1? Set dataset.firstLabel to 1.'
      : 'Give each class an image, or remove it and renumber the labels.';
  throw dataError(where, 'images of at least two classes, and some of each', got, hint);
}

function expectOneShape(part: ArrayPart, train: ArrayPart): void {
  const shape = ({ images: { axes } }: ArrayPart): string => `${axes.height}×${axes.width}×${axes.channels}`;
  if (shape(part) === shape(train)) return;
  throw dataError(part.images.where, `images of ${shape(train)}, as for training`, shape(part));
}
