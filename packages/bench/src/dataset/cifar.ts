import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset, InMemoryDataset } from '@distilljs/core';
import { DistillError, arrayDataset } from '@distilljs/core';
import { expectRegularFile, fileKind, readDataText } from '../file/index.js';
import type { CifarKind, CifarRecords } from './cifar-format.js';
import { CIFAR_FORMATS, gapNotes, EDGE, MOST_CLASSES, PLANE_BYTES, decodeCifar } from './cifar-format.js';
import type { DatasetFormat } from './format.js';
import type { IdentitySet, IdentitySets } from './identities.js';
import { resized } from './resized.js';
import type { ResizeOptions } from './resized.js';
import { firstImages } from './subset.js';
import { divideClasses } from './unseen-classes.js';
import type { DividedClasses } from './unseen-classes.js';

/** CIFAR files as a configuration names them. */
export interface CifarSource extends ResizeOptions {
  readonly name: CifarKind;
  readonly dir: string;
  /** Only the first so many images. Default: all. */
  readonly trainSize?: number | undefined;
  /** Only the first so many images. Default: all. */
  readonly testSize?: number | undefined;
  /**
   * Number of classes, spread evenly over the labels, that training and test leave out: `distill-bench metrics` uses them as identities
   * to measure embeddings on. Default: none.
   */
  readonly unseenClasses?: number | undefined;
}

/** @param files the files that it reads, for the summary */
export const cifarFormat = (files: string): DatasetFormat<CifarSource> => ({
  summary: `the original binary files (${files}) in dataset.dir or --data-dir`,
  load({ trainSize, testSize, ...source }, wanted) {
    const load = (split: 'train' | 'test', count: number | undefined): Dataset | undefined =>
      wanted.includes(split) ? resized(firstImages(classesOf(source, split).seen, count), source) : undefined;
    const splits = { train: load('train', trainSize), test: load('test', testSize) };
    return Promise.resolve({
      splits,
      notes: wanted.includes('train')
        ? gapNotes(source.name, findCifarFiles(source.name, source.dir, 'train'))
        : [],
    });
  },
});

type CifarClasses = Pick<CifarSource, 'name' | 'dir' | 'unseenClasses'>;

function classesOf(
  { name: kind, dir, unseenClasses = 0 }: CifarClasses,
  split: 'train' | 'test',
): DividedClasses<InMemoryDataset> {
  const all = loadCifar({ kind, dir, split });
  if (unseenClasses === 0) return { seen: all, unseen: firstImages(all, 0) };
  if (unseenClasses > all.classes - 2)
    throw new DistillError({
      code: 'option',
      where: 'dataset.unseenClasses',
      expected: `at most ${all.classes - 2} of ${all.classes} classes, so that two remain`,
      got: String(unseenClasses),
    });
  return divideClasses(all, unseenClasses);
}

/**
 * The held-out classes as identities: images of the test file are the queries, those of the training file the gallery. No cameras.
 *
 * @returns nothing without `unseenClasses`
 * @throws DistillError code `data`, `option`
 */
export function loadUnseenClasses(source: CifarSource): IdentitySets {
  if (source.unseenClasses === undefined) return {};
  const of = (split: 'train' | 'test'): IdentitySet => {
    const { unseen } = classesOf(source, split);
    return { dataset: resized(unseen, source), labels: unseen.labels };
  };
  return { query: of('test'), gallery: of('train') };
}

export interface CifarOptions {
  readonly kind: CifarKind;
  /** The folder with the original binary files, or its parent if the folder has its original name. */
  readonly dir: string;
  readonly split: 'train' | 'test';
  /** Names of custom classes, 2 to 256, in label order. Default: the original's. */
  readonly classNames?: readonly string[] | undefined;
}

/**
 * CIFAR-10 or CIFAR-100 from the original binary files (`data_batch_*.bin` and `test_batch.bin`, or `train.bin` and
 * `test.bin`), 32×32×3. Files may hold any whole number of records. CIFAR-100's coarse labels become superclasses;
 * class names come from `batches.meta.txt` or `fine_label_names.txt` where the folder has it. Custom classes in the same format
 * need a list of their names, as `classNames` or in that file; each class in that file needs an image.
 *
 * Source of the data and its format: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 *
 * @throws DistillError code `data`: a folder or file that is missing, truncated, or of another format, with file and byte
 * offset
 */
export function loadCifar({ kind, dir, split, classNames }: CifarOptions): InMemoryDataset {
  const format = CIFAR_FORMATS[kind];
  const { folder, files } = findCifarFiles(kind, dir, split);
  const namesFile = join(folder, format.namesFile);
  const names = classNames ?? readClassNames(namesFile);
  if (names !== undefined && !(names.length >= 2 && names.length <= MOST_CLASSES))
    throw wrongNames(
      classNames === undefined ? namesFile : 'classNames',
      `2 to ${MOST_CLASSES} class names, one per line`,
      names.length,
    );
  const batches = files.map((file) => {
    const path = join(folder, file);
    expectRegularFile(path, `a file of ${format.title}'s records`, 'data');
    return decodeCifar(readBytes(path), path, kind, names?.length);
  });
  const { labels, superclasses, pixels } = joined(batches);
  if (names !== undefined && classNames === undefined && names.length !== format.classes)
    expectAllClasses(labels, names.length, namesFile, format.classes);
  return arrayDataset({
    name: kind,
    imageShape: [EDGE, EDGE, 3],
    classes: names?.length ?? format.classes,
    images: pixels,
    labels,
    superclasses: format.superclasses === 0 ? undefined : superclasses,
    classNames: names,
  });
}

function joined(batches: readonly CifarRecords[]): CifarRecords {
  const size = batches.reduce((sum, batch) => sum + batch.labels.length, 0);
  const labels = new Int32Array(size);
  const superclasses = new Int32Array(size);
  const pixels = new Uint8Array(size * 3 * PLANE_BYTES);
  let first = 0;
  for (const batch of batches) {
    labels.set(batch.labels, first);
    superclasses.set(batch.superclasses, first);
    pixels.set(batch.pixels, first * 3 * PLANE_BYTES);
    first += batch.labels.length;
  }
  return { labels, superclasses, pixels };
}

/**
 * The files of a split, in the order in which they are read.
 *
 * @param dir the folder of the files, or its parent if the folder has its original name
 * @throws DistillError code `data` when the folder or the files are missing; it lists what is there
 */
function findCifarFiles(
  kind: CifarKind,
  dir: string,
  split: 'train' | 'test',
): { readonly folder: string; readonly files: readonly string[] } {
  const format = CIFAR_FORMATS[kind];
  const refuse = (expected: string, got: string, hint: string): DistillError =>
    new DistillError({ code: 'data', where: dir, expected, got, hint });
  const here = list(dir);
  if (typeof here === 'string') {
    const hint =
      here === 'a file'
        ? 'That is a file: unpack it, and name the folder that comes out.'
        : `Name the folder that holds ${format.fileNames[split]} (${format.folder} of the original archive).`;
    throw refuse(`a folder with ${format.title}'s binary files`, here, hint);
  }
  const below = list(join(dir, format.folder));
  for (const [folder, names] of [
    [dir, here],
    [join(dir, format.folder), typeof below === 'string' ? [] : below],
  ] as const) {
    const files = matching(names, format.files[split]);
    if (files.length > 0) return { folder, files };
  }
  const other = Object.values(CIFAR_FORMATS).find(
    (candidate) => candidate !== format && matching(here, candidate.files[split]).length > 0,
  );
  throw refuse(
    `${format.fileNames[split]} of ${format.title}`,
    here.length === 0 ? 'an empty folder' : listing(here),
    other === undefined
      ? `Unpack the binary version of ${format.title} there, or name its folder.`
      : `These are files of ${other.title}: check the dataset's name or the folder.`,
  );
}

/** Names in a folder, or what the path is instead, in words. */
function list(dir: string): readonly string[] | string {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' && existsSync(dir)) return fileKind(statSync(dir));
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? 'no such folder'
      : `one that cannot be read (${String(code)})`;
  }
}

function matching(names: readonly string[], pattern: RegExp): readonly string[] {
  const order = (name: string): number => Number(pattern.exec(name)?.[1] ?? 0);
  return names.filter((name) => pattern.test(name)).sort((a, b) => order(a) - order(b));
}

function listing(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: path,
      expected: 'a readable file',
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Check the permissions of the file.',
      cause,
    });
  }
}

/** Names by class; undefined where the folder has no such file, which is optional. */
function readClassNames(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined;
  return readDataText(path, 'a file of class names, one per line', 2 ** 20)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A list of another length than the original's counts as custom classes if every class has an image, else as damaged. */
function expectAllClasses(labels: Int32Array, classes: number, path: string, original: number): void {
  if (new Set(labels).size === classes) return;
  throw wrongNames(path, `${original} class names, one per line`, classes);
}

function wrongNames(path: string, expected: string, lines: number): DistillError {
  const hint =
    'Restore the file from the original archive, or remove it: names are optional. With your own classes, each needs at least one image.';
  return new DistillError({ code: 'data', where: path, expected, got: `${lines} lines`, hint });
}
