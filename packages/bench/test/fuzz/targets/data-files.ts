import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadIdx } from '../../../src/dataset/idx.js';
import { loadNpz } from '../../../src/dataset/npz.js';
import { parquetItems } from '../../../src/dataset/parquet.js';
import { loadSvhn } from '../../../src/dataset/svhn.js';
import { contentsOf, expectKept, writeFiles } from '../folder.js';
import { byteEdit, editedBytes } from '../mutation.js';
import type { ByteEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

/** Fixtures under the names that the readers look for, and how many images are in them. */
const SETS = {
  'svhn compressed': { images: 10, files: { 'train_32x32.mat': 'arrays/compressed.mat' } },
  'svhn plain': { images: 10, files: { 'train_32x32.mat': 'arrays/plain.mat' } },
  idx: {
    images: 6,
    files: {
      'train-images-idx3-ubyte': 'arrays/grey-images-idx3-ubyte',
      'train-labels-idx1-ubyte': 'arrays/labels-idx1-ubyte',
    },
  },
  'idx gzipped': {
    images: 6,
    files: {
      'train-images-idx3-ubyte.gz': 'arrays/grey-images-idx3-ubyte.gz',
      'train-labels-idx1-ubyte.gz': 'arrays/labels-idx1-ubyte.gz',
    },
  },
  'npz stored': { images: 6, files: { 'a.npz': 'arrays/stored.npz' } },
  'npz deflated': { images: 6, files: { 'a.npz': 'arrays/fortran.npz' } },
  npy: { images: 6, files: { 'x_train.npy': 'arrays/x_train.npy', 'y_train.npy': 'arrays/y_train.npy' } },
  parquet: { images: 6, files: { 'train.parquet': 'parquet/fine.parquet' } },
  'parquet zstd': { images: 2, files: { 'train.parquet': 'parquet/zstd.parquet' } },
} as const;

interface Case {
  readonly set: keyof typeof SETS;
  readonly edits: readonly ByteEdit[];
  /** Which of the files is edited, counted round. */
  readonly file: number;
}

const fixture = (name: string): Buffer => readFileSync(join(process.env['FUZZ_FIXTURES'] ?? '', name));

/** @returns how many images there are; each has been read */
async function read(set: Case['set'], dir: string): Promise<number> {
  if (set.startsWith('parquet')) {
    const { items, classNames } = await parquetItems({ dir }, ['train']);
    for (const { label, source } of items.train ?? []) {
      must(label >= 0 && label < classNames.length, 'labels within the classes', label);
      await source?.read();
    }
    return items.train?.length ?? 0;
  }
  const load = set.startsWith('svhn') ? loadSvhn : set.startsWith('idx') ? loadIdx : loadNpz;
  const { train, test } = (await load({ dir }, ['train'])).splits;
  for (const dataset of [train, test]) {
    if (dataset === undefined) continue;
    for (const label of dataset.labels ?? [])
      must(label >= 0 && label < dataset.classes, 'labels within the classes', label);
    const pixels = dataset.imageShape.reduce((product, axis) => product * axis, 1);
    for (let image = 0; image < dataset.size; image++) {
      const values = await Promise.resolve(dataset.image(image));
      must(values.length === pixels, 'all pixels of an image', values.length);
      for (let at = 0; at < pixels; at++)
        must((values[at] ?? -1) >= 0 && (values[at] ?? -1) <= 255, 'pixels of 0…255');
    }
  }
  return (train?.size ?? 0) + (test?.size ?? 0);
}

export const dataFiles = target<Case>({
  name: 'data-files',
  arbitrary: fc.record({
    set: fc.constantFrom(...(Object.keys(SETS) as Case['set'][])),
    edits: fc.array(byteEdit(), { maxLength: 3 }),
    file: fc.nat(1),
  }),
  check: async ({ set, edits, file }, folder) => {
    const { files, images } = SETS[set];
    const names = Object.keys(files);
    const edited = Object.entries(files).map(([name, from], at) => {
      const bytes = fixture(from);
      return [name, at === file % names.length ? editedBytes(bytes, edits) : bytes] as const;
    });
    writeFiles(folder, Object.fromEntries(edited));
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const count = await read(set, folder);
      must(edits.length > 0 || count === images, 'all images of a file that is whole', count);
    });
    must(edits.length > 0 || found === 'right', 'a file that is whole is read', found);
    expectKept(folder, before);
    return found;
  },
});
