import { DistillError, describeValue, isPromise } from '../error/index.js';
import { readOrRefuse } from '../error/first-line.js';
import { imageWeights, labelsOf, superclassIndices, UNLABELLED } from './check-labels.js';
import type { CheckedDataset, Dataset } from './dataset.js';

/*
 * A dataset may be any user code. Its fields are checked when a run or an evaluation starts, its images
 * whenever one is read: otherwise wrong values would silently count as zeros.
 */

/**
 * Checks a dataset and returns it with its labels as an Int32Array.
 *
 * @param where what the dataset is for, e.g. `train`
 * @param options.everyLabel refuse unlabelled images
 * @throws DistillError code `data`, naming the dataset and the field or label, with a hint where the intent is
 *   clear
 */
export function checkedDataset(
  where: string,
  given: Dataset,
  options: { readonly everyLabel?: boolean } = {},
): CheckedDataset {
  const expected = 'a dataset whose fields can be read';
  return readOrRefuse({ code: 'data', where, expected }, () => readDataset(where, given, options));
}

function readDataset(
  where: string,
  given: Dataset,
  { everyLabel = false }: { readonly everyLabel?: boolean },
): CheckedDataset {
  expectDatasetLike(where, given);
  const { name, size, imageShape, classes } = given;
  if (typeof (name as unknown) !== 'string') {
    const got = describeValue(name);
    throw new DistillError({ code: 'data', where: `${where}, name`, expected: 'a string', got });
  }
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
  expectSize(place, size);
  expectImageShape(place, imageShape);
  if (!isCount(classes) || classes < 2) {
    refuse(
      'classes',
      'a whole number of at least 2',
      classes,
      'With one class there is nothing to tell apart.',
    );
  }
  const { image, pixelSums, classNames: names } = given as unknown as Readonly<Record<string, unknown>>;
  if (typeof image !== 'function') refuse('image', 'a function of the index', image);
  if (pixelSums !== undefined && typeof pixelSums !== 'function')
    refuse('pixelSums', 'a function of the index', pixelSums);
  const isText = (name: unknown): boolean => typeof name === 'string' && name !== '';
  if (names !== undefined && !(Array.isArray(names) && names.length === classes && names.every(isText)))
    refuse('classNames', `a string per class (${classes})`, names);
  const labels = labelsOf(place, given.labels, classes, size);
  if (labels.length !== size) refuse('labels', `one per image (${size})`, labels.length);
  const superclasses =
    given.superclasses === undefined ? undefined : superclassIndices(place, given.superclasses, size);
  const weights = given.weights === undefined ? undefined : imageWeights(place, given.weights, size);
  if (everyLabel) expectEveryLabel(place, labels);
  if (labels === given.labels && superclasses === given.superclasses && weights === given.weights)
    return given as CheckedDataset;
  return {
    name,
    size,
    imageShape,
    classes,
    labels,
    superclasses,
    weights,
    classNames: given.classNames,
    resize: given.resize,
    image: (index) => given.image(index),
    ...(given.pixelSums && { pixelSums: (index: number) => given.pixelSums?.(index) }),
    get fingerprint() {
      return given.fingerprint;
    },
  };
}

/** True when every image has a label. */
export const isLabelled = ({ labels }: CheckedDataset): boolean => !labels.includes(UNLABELLED);

function expectEveryLabel(place: string, labels: Int32Array): void {
  const first = labels.indexOf(UNLABELLED);
  if (first === -1) return;
  const without = labels.reduce((count, label) => count + (label === UNLABELLED ? 1 : 0), 0);
  throw new DistillError({
    code: 'data',
    where: `${place}, labels`,
    expected: 'a label for every image, to evaluate with',
    got: `${without} of ${labels.length} images without, the first is image ${first}`,
    hint: 'Use only the labelled images.',
  });
}

/**
 * @throws DistillError code `data` for a value without a dataset's fields, with a hint where the intent is
 * clear
 */
export function expectDatasetLike(where: string, given: unknown): asserts given is Dataset {
  const isObject = typeof given === 'object' && given !== null;
  const missing = ['name', 'size', 'imageShape', 'classes', 'image'].filter(
    (field) => !isObject || !(field in given),
  );
  if (isObject && missing.length === 0) return;
  const meant = (): string => {
    if (isPromise(given)) return 'Write `await` before it.';
    if (isObject && 'xs' in given && 'ys' in given)
      return 'That is what model.fitDataset takes: make a dataset with arrayDataset({ images, labels, imageShape, classes }).';
    if (isObject && 'forEachAsync' in given) return 'Read it: `await datasetFrom(data)`.';
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

/** Larger numbers are typos: neither so many labels nor an image of so many values fits in memory. */
const [MOST_IMAGES, MOST_VALUES] = [100_000_000, 2 ** 28];

/** @throws DistillError code `data` unless it is a number of images */
export function expectSize(place: string, size: unknown): void {
  if (isCount(size) && size <= MOST_IMAGES) return;
  throw new DistillError({
    code: 'data',
    where: `${place}, size`,
    expected: isCount(size) ? `at most ${MOST_IMAGES.toLocaleString('en-US')} images` : 'at least one image',
    got: describeValue(size),
  });
}

/** @throws DistillError code `data` unless it is `[height, width, channels]` */
export function expectImageShape(place: string, shape: unknown): void {
  const isShape = Array.isArray(shape) && shape.length === 3 && shape.every(isCount);
  if (isShape && shape.reduce((product, axis) => product * axis, 1) <= MOST_VALUES) return;
  throw new DistillError({
    code: 'data',
    where: `${place}, imageShape`,
    expected: isShape
      ? `at most ${MOST_VALUES.toLocaleString('en-US')} values in an image`
      : '[height, width, channels], each at least 1',
    got: describeValue(shape),
    ...(Array.isArray(shape) && shape.length === 2 ? { hint: 'Grey images have one channel.' } : {}),
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** @returns the warning, undefined if there is none */
export const sameImagesWarning = (train: Dataset, validation: Dataset | undefined): string | undefined =>
  validation !== undefined && validation.fingerprint === train.fingerprint
    ? 'The validation images are the training images: their accuracy, the best epoch and an early stop say nothing about new images.'
    : undefined;
