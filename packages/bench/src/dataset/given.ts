import { DistillError, shownText } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import type { DatasetFormat } from './format.js';
import { firstImages } from './subset.js';

/** A configuration's entry for datasets that a program passes to `runBench`. */
export interface GivenSource {
  readonly name: 'given';
  readonly title?: string | undefined;
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
}

/** Datasets that a program passes to `runBench`. All have the same classes and images of one size. */
export interface GivenData {
  readonly train: Dataset;
  /** The images that choose the best epoch. Default: `validationFraction` of the training images. */
  readonly validation?: Dataset | undefined;
  /** Every image must have a label. */
  readonly test: Dataset;
  /** Default: those of the datasets. */
  readonly classNames?: readonly string[] | undefined;
}

let handed: GivenData | undefined;

/**
 * Sets the datasets that configurations with `dataset: { name: given }` use.
 *
 * @param data undefined: none
 * @throws DistillError code `data` that lists everything that does not fit together
 */
export function handOverData(data: GivenData | undefined): void {
  handed = data && completed(data);
}

export const givenFormat: DatasetFormat<GivenSource> = {
  summary: 'datasets that a program hands to runBench',
  load({ trainSize, testSize }) {
    if (handed === undefined) {
      const error = new DistillError({
        code: 'data',
        where: 'dataset given',
        expected: 'the datasets of the program that began this run',
        got: 'none',
        hint: "Continue from that program: runBench({ data, …, existing: 'resume' }).",
      });
      return Promise.reject(error);
    }
    const { train, validation, test } = handed;
    return Promise.resolve({
      splits: { train: firstImages(train, trainSize), validation, test: firstImages(test, testSize) },
    });
  },
};

const SPLITS = ['train', 'validation', 'test'] as const;
const FIELDS = ['name', 'size', 'imageShape', 'classes', 'image', 'fingerprint'];

function completed({ classNames, ...given }: GivenData): GivenData {
  const problems: string[] = [];
  for (const split of SPLITS) {
    const data: unknown = given[split];
    if (split === 'validation' && data === undefined) continue;
    const missing = FIELDS.filter((field) => typeof data !== 'object' || data === null || !(field in data));
    if (data instanceof Promise) problems.push(`${split} is a promise: write \`await\` before it`);
    else if (missing.length === FIELDS.length)
      problems.push(`${split} is not a dataset (arrayDataset makes one)`);
    else if (missing.length > 0) problems.push(`${split} lacks ${missing.join(', ')}`);
  }
  if (problems.length === 0) problems.push(...mismatches({ ...given, classNames }));
  if (problems.length > 0) {
    throw new DistillError({
      code: 'data',
      where: 'runBench, data',
      expected:
        '{ train, validation?, test, classNames? } of datasets with the same classes and images of one size',
      got: problems.join('; '),
    });
  }
  const { train, validation, test } = given;
  const names = classNames ?? train.classNames;
  const named = (data: Dataset): Dataset => (names === undefined ? data : withNames(data, names));
  return { train: named(train), validation: validation && named(validation), test: named(test) };
}

/** Copied field by field: a class's accessors are not own properties, so a spread would lose them. */
const withNames = (data: Dataset, classNames: readonly string[]): Dataset => ({
  name: data.name,
  size: data.size,
  imageShape: data.imageShape,
  classes: data.classes,
  labels: data.labels,
  superclasses: data.superclasses,
  weights: data.weights,
  resize: data.resize,
  classNames,
  image: (index) => data.image(index),
  ...(data.pixelSums && { pixelSums: (index) => data.pixelSums?.(index) }),
  fingerprint: data.fingerprint,
});

const shownClass = ({ classNames }: Dataset, label: number): string =>
  `'${shownText(classNames?.[label] ?? '', 40)}'`;

function mismatches({ train, validation, test, classNames }: GivenData): string[] {
  const found: string[] = [];
  for (const [split, data] of Object.entries({ validation, test })) {
    if (data === undefined) continue;
    const [own, wanted] = [data.imageShape, train.imageShape].map((shape) => [...shape].join('×'));
    if (own !== wanted) found.push(`${split} has images of ${own}, train of ${wanted}`);
    if (data.classes !== train.classes)
      found.push(`${split} has ${data.classes} classes, train ${train.classes}`);
    else if (data.classNames !== undefined && train.classNames !== undefined) {
      // One order of names holds for all labels: another one would exchange classes.
      const at = train.classNames.findIndex((name, label) => name !== data.classNames?.[label]);
      if (at >= 0)
        found.push(
          `class ${at} is ${shownClass(data, at)} in ${split} and ${shownClass(train, at)} in train`,
        );
    }
  }
  const unlabelled = test.labels === undefined ? test.size : test.labels.filter((label) => label < 0).length;
  if (unlabelled > 0) found.push(`${unlabelled} of ${test.size} test images have no label`);
  if (classNames !== undefined && classNames.length !== train.classes)
    found.push(`${classNames.length} class names for ${train.classes} classes`);
  return found;
}
