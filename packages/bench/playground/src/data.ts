import { arrayDataset, createRandom } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import { stratified } from '../../src/dataset/stratified.js';
import { splitValidation } from '../../src/dataset/subset.js';
import { synthetic } from '../../src/dataset/synthetic.js';
import type { ImageTable, PageData, SampleOptions } from './types.js';

export type Part = 'train' | 'validation' | 'test';

/** A part of the data, in this thread's memory. */
export async function datasetOf(data: PageData, part: Part): Promise<Dataset> {
  const { title: name, classNames, imageShape } = data;
  const { pixels, labels } = data[part];
  const images = new Uint8Array(await pixels.arrayBuffer());
  return arrayDataset({ name, images, labels, imageShape, classes: classNames.length, classNames });
}

const tableFrom = (images: Uint8Array<ArrayBuffer>, labels: Int32Array<ArrayBuffer>): ImageTable => ({
  pixels: new Blob([images]),
  labels,
});

/** The built-in sample: what the bench makes of the same options, split as it splits. */
export function sampleData(options: SampleOptions): PageData {
  const { classes, superclasses, difficulty, imageSize, seed, trainSize, testSize } = options;
  const load = (split: 'train' | 'test', size: number): Dataset =>
    synthetic({ classes, superclasses, difficulty, imageSize, seed, split, size });
  const stream = createRandom(0).fork('validation');
  const all = load('train', trainSize);
  const { train, validation } = splitValidation(all, 0.1, stream);
  return {
    title: 'synthetic images',
    sample: options,
    classNames: all.classNames ?? [],
    imageShape: [imageSize, imageSize, 3],
    train: tableOf(train),
    validation: tableOf(validation),
    test: tableOf(load('test', testSize)),
  };
}

function tableOf(data: Dataset): ImageTable {
  const pixels = data.imageShape.reduce((product, axis) => product * axis, 1);
  const images = new Uint8Array(data.size * pixels);
  for (let at = 0; at < data.size; at++) images.set(data.image(at) as Uint8Array, at * pixels);
  return tableFrom(images, Int32Array.from(data.labels ?? []));
}

/** One image of the visitor's, decoded. */
export interface OwnImage {
  readonly label: number;
  readonly pixels: Uint8Array;
}

/** Fewest images of a class: one each to train on, to choose the best epoch by, and to test on. */
export const FEWEST = 3;

/** Images of one's own in three parts: of every class a fifth for the test, and a tenth for validation, at least one each. */
export function ownData(images: readonly OwnImage[], classNames: readonly string[], edge: number): PageData {
  const random = createRandom(0).fork('parts');
  const parts: Record<Part, OwnImage[]> = { train: [], validation: [], test: [] };
  classNames.forEach((_, label) => {
    const own = images.filter((image) => image.label === label);
    const order = [...random.fork(label).permutation(own.length)].map((at) => own[at] as OwnImage);
    const tested = Math.max(1, Math.round(0.2 * own.length));
    const validated = Math.max(1, Math.round(0.1 * own.length));
    parts.test.push(...order.slice(0, tested));
    parts.validation.push(...order.slice(tested, tested + validated));
    parts.train.push(...order.slice(tested + validated));
  });
  const pixels = edge * edge * 3;
  const table = (list: readonly OwnImage[]): ImageTable => {
    const all = new Uint8Array(list.length * pixels);
    list.forEach((image, at) => {
      all.set(image.pixels, at * pixels);
    });
    return tableFrom(
      all,
      Int32Array.from(list, ({ label }) => label),
    );
  };
  return {
    title: 'your images',
    classNames: [...classNames],
    imageShape: [edge, edge, 3],
    train: table(parts.train),
    validation: table(parts.validation),
    test: table(parts.test),
  };
}

/** Positions of a sample that has of every class the same share; the same ones every time. */
export function seededSample(labels: readonly number[], classes: number, wanted: number): readonly number[] {
  const random = createRandom(0).fork('sample');
  const { chosen } = stratified(Int32Array.from(labels), classes, wanted, random);
  return [...chosen].sort((a, b) => a - b);
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Names in a sentence; the others are counted. */
const NAMED = 5;

export function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
