import { DistillError, describeValue, isPromise } from '../error/index.js';
import type { CheckedDataset, Dataset } from './dataset.js';

/*
 * A dataset may be anything that a user wrote. Its fields are checked when a run or an evaluation starts, its images each time
 * one is read: what is wrong would otherwise count as zeros.
 */

/** Labels as they come: of any array of numbers, or of whole numbers of any size. */
export type LabelsLike = ArrayLike<number> | ArrayLike<bigint>;

/**
 * The dataset with its labels as an Int32Array.
 *
 * @param where what it is for, e.g. `train`
 * @throws DistillError code `data`, naming the dataset and the field or label; says what was meant where that can be told
 */
export function checkedDataset(where: string, given: Dataset): CheckedDataset {
  expectDatasetLike(where, given);
  const { name, size, imageShape, classes } = given;
  const place = `${where}, dataset '${name}'`;
  const refuse = (what: string, expected: string, got: unknown, hint?: string): never => {
    throw new DistillError({
      code: 'data',
      where: `${place}, ${what}`,
      expected,
      got: describeValue(got),
      hint,
    });
  };
  if (!isCount(size)) refuse('size', 'at least one image', size);
  expectImageShape(place, imageShape);
  if (!isCount(classes) || classes < 2) {
    refuse(
      'classes',
      'a whole number of at least 2',
      classes,
      'With one class there is nothing to tell apart.',
    );
  }
  const image = (given as unknown as Readonly<Record<string, unknown>>)['image'];
  if (typeof image !== 'function') refuse('image', 'a function of the index', image);
  const labels = classIndices(place, given.labels, classes, size);
  if (labels.length !== size) refuse('labels', `one per image (${size})`, labels.length);
  const superclasses =
    given.superclasses === undefined ? undefined : superclassIndices(place, given.superclasses, size);
  if (labels === given.labels && superclasses === given.superclasses) return given as CheckedDataset;
  return {
    name,
    size,
    imageShape,
    classes,
    labels,
    superclasses,
    classNames: given.classNames,
    image: (index) => given.image(index),
    get fingerprint() {
      return given.fingerprint;
    },
  };
}

function expectDatasetLike(where: string, given: unknown): asserts given is Dataset {
  const isObject = typeof given === 'object' && given !== null;
  const missing = ['name', 'size', 'imageShape', 'classes', 'labels', 'image'].filter(
    (field) => !isObject || !(field in given),
  );
  if (isObject && missing.length === 0) return;
  const meant = (): string => {
    if (isPromise(given)) return 'Write `await` before it.';
    if (isObject && 'xs' in given && 'ys' in given)
      return 'That is what model.fitDataset takes: make a dataset with arrayDataset({ images, labels, imageShape, classes }).';
    if (isObject && 'forEachAsync' in given)
      return 'Read a tf.data dataset into arrays, and use arrayDataset.';
    if (missing.length < 3) return `It lacks ${missing.join(' and ')}.`;
    return 'Make one with arrayDataset({ images, labels, imageShape, classes }).';
  };
  throw new DistillError({
    code: 'data',
    where,
    expected: 'a dataset',
    got: describeValue(given),
    hint: meant(),
  });
}

/** @throws DistillError code `data` unless it is `[height, width, channels]` */
export function expectImageShape(place: string, shape: unknown): void {
  if (Array.isArray(shape) && shape.length === 3 && shape.every(isCount)) return;
  throw new DistillError({
    code: 'data',
    where: `${place}, imageShape`,
    expected: '[height, width, channels], each at least 1',
    got: describeValue(shape),
    ...(Array.isArray(shape) && shape.length === 2 ? { hint: 'Grey images have one channel.' } : {}),
  });
}

/**
 * Labels as class indices; the given array itself where it is an Int32Array.
 *
 * @throws DistillError code `data`, naming the first wrong label and its image
 */
export function classIndices(place: string, labels: unknown, classes: number, images: number): Int32Array {
  const read = listOfNumbers(place, 'labels', labels);
  const hint = meantByLabels(read, classes, images);
  if (hint !== undefined) {
    const where = `${place}, labels`;
    const expected = 'one class index per image';
    throw new DistillError({ code: 'data', where, expected, got: describeValue(labels), hint });
  }
  return wholeNumbers(read, classes, (at, value) => {
    throw new DistillError({
      code: 'data',
      where: `${place}, label of image ${at}`,
      expected: `a whole number from 0 to ${classes - 1}`,
      got: typeof value === 'bigint' ? String(value) : describeValue(value),
      hint: Number(value) >= classes ? 'Do labels count from 1? Class indices count from 0.' : undefined,
    });
  });
}

/** Coarse labels as indices, which may be any whole numbers of at least 0. */
export function superclassIndices(place: string, given: unknown, images: number): Int32Array {
  const read = listOfNumbers(place, 'superclasses', given);
  if (read.length !== images) {
    const where = `${place}, superclasses`;
    throw new DistillError({
      code: 'data',
      where,
      expected: `one per image (${images})`,
      got: `${read.length}`,
    });
  }
  return wholeNumbers(read, 2 ** 31, (at, value) => {
    const where = `${place}, superclass of image ${at}`;
    throw new DistillError({
      code: 'data',
      where,
      expected: 'a whole number of at least 0',
      got: String(value),
    });
  });
}

function listOfNumbers(place: string, what: string, given: unknown): ArrayLike<unknown> {
  if (Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView)))
    return given as unknown as ArrayLike<unknown>;
  const isTensor = typeof given === 'object' && given !== null && 'dataSync' in given;
  throw new DistillError({
    code: 'data',
    where: `${place}, ${what}`,
    expected: 'an array of whole numbers',
    got: describeValue(given),
    hint: isTensor
      ? 'Read it first: `await tensor.data()`.'
      : isPromise(given)
        ? 'Write `await` before it.'
        : undefined,
  });
}

function wholeNumbers(
  read: ArrayLike<unknown>,
  below: number,
  refuse: (at: number, value: unknown) => never,
): Int32Array {
  const taken = read instanceof Int32Array ? read : new Int32Array(read.length);
  for (let at = 0; at < read.length; at++) {
    const value = read[at];
    const number = typeof value === 'bigint' ? Number(value) : value;
    // The given values, not their copies: an Int32Array makes a whole number of everything.
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= below)
      refuse(at, value);
    if (taken !== read) taken[at] = number;
  }
  return taken;
}

/** What somebody meant who gave labels that are no class indices. */
function meantByLabels(labels: ArrayLike<unknown>, classes: number, images: number): string | undefined {
  const { 0: first, length } = labels;
  if (Array.isArray(first) || ArrayBuffer.isView(first))
    return 'One-hot labels: give the index of the 1 of each row, `row.indexOf(1)`.';
  if (typeof first === 'string') return 'Class names: give their indices, `classNames.indexOf(name)`.';
  if (length === images * classes && length !== images)
    return 'One-hot labels in one array: give the index of the 1 of each row.';
  return undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
