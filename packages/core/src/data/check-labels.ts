import { DistillError, describeValue, isPromise } from '../error/index.js';
import { isList } from './lists.js';

/** Labels as users have them: an array or typed array of numbers or bigints. */
export type LabelsLike = ArrayLike<number> | ArrayLike<bigint>;

/** Labels as class indices, −1 where there are none; the given array itself if it is an Int32Array. */
export function labelsOf(place: string, given: unknown, classes: number, images: number): Int32Array {
  return given === undefined
    ? new Int32Array(images).fill(UNLABELLED)
    : classIndices(place, given, classes, images);
}

/** The label of an image without one. */
export const UNLABELLED = -1;

/**
 * Labels as class indices; the given array itself if it is an Int32Array.
 *
 * @throws DistillError code `data`, naming the first wrong label and its image
 */
function classIndices(place: string, labels: unknown, classes: number, images: number): Int32Array {
  const read = listOfNumbers(place, 'labels', labels);
  const hint = meantByLabels(read, classes, images);
  if (hint !== undefined) {
    const where = `${place}, labels`;
    const expected = 'one class index per image';
    throw new DistillError({ code: 'data', where, expected, got: describeValue(labels), hint });
  }
  return wholeNumbers(read, [UNLABELLED, classes], (at, value) => {
    throw new DistillError({
      code: 'data',
      where: `${place}, label of image ${at}`,
      expected: `a whole number from 0 to ${classes - 1}`,
      got: typeof value === 'bigint' ? String(value) : describeValue(value),
      hint:
        numberOf(value) >= classes
          ? 'Do labels count from 1? Class indices count from 0.'
          : numberOf(value) < 0
            ? 'An image without a label has -1.'
            : undefined,
    });
  });
}

/** A value as a number, NaN if it is none: `Number` alone throws for symbols. */
const numberOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string' ? Number(value) : NaN;

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
  return wholeNumbers(read, [0, 2 ** 31], (at, value) => {
    const where = `${place}, superclass of image ${at}`;
    throw new DistillError({
      code: 'data',
      where,
      expected: 'a whole number of at least 0',
      got: String(value),
    });
  });
}

function listOfNumbers(
  place: string,
  what: string,
  given: unknown,
  expected = 'an array of whole numbers',
): ArrayLike<unknown> {
  if (isList(given)) return given;
  const isTensor = typeof given === 'object' && given !== null && 'dataSync' in given;
  throw new DistillError({
    code: 'data',
    where: `${place}, ${what}`,
    expected,
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
  [lowest, below]: readonly [number, number],
  refuse: (at: number, value: unknown) => never,
): Int32Array {
  const taken = read instanceof Int32Array ? read : new Int32Array(read.length);
  for (let at = 0; at < read.length; at++) {
    const value = read[at];
    const number = typeof value === 'bigint' ? Number(value) : value;
    // Check the given values, not their copies: an Int32Array converts everything to integers.
    if (typeof number !== 'number' || !Number.isInteger(number) || number < lowest || number >= below)
      refuse(at, value);
    if (taken !== read) taken[at] = number;
  }
  return taken;
}

/** A hint for common forms of labels that are not class indices. */
function meantByLabels(labels: ArrayLike<unknown>, classes: number, images: number): string | undefined {
  const { 0: first, length } = labels;
  if (isList(first)) return 'One-hot labels: give the index of the 1 of each row, `row.indexOf(1)`.';
  if (typeof first === 'string') return 'Class names: give their indices, `classNames.indexOf(name)`.';
  if (length === images * classes && length !== images)
    return 'One-hot labels in one array: give the index of the 1 of each row.';
  return undefined;
}

/**
 * Weights of images, each finite and at least 0, and not all 0.
 *
 * @throws DistillError code `data`
 */
export function imageWeights(place: string, given: unknown, images: number): Float32Array {
  const read = listOfNumbers(place, 'weights', given, 'an array of numbers');
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw new DistillError({ code: 'data', where: `${place}, ${what}`, expected, got: describeValue(got) });
  };
  if (read.length !== images) refuse('weights', `one per image (${images})`, read.length);
  const isKept = read instanceof Float32Array;
  const weights = isKept ? read : Float32Array.from(read as ArrayLike<number>, Number);
  for (let at = 0; at < images; at++) {
    const isNumber = isKept || ['number', 'bigint'].includes(typeof read[at]);
    if (!(isNumber && Number.isFinite(weights[at]) && (weights[at] ?? -1) >= 0))
      refuse(`weight of image ${at}`, 'a number of at least 0', read[at]);
  }
  if (weights.every((weight) => weight === 0)) refuse('weights', 'one above 0', 0);
  return weights;
}
