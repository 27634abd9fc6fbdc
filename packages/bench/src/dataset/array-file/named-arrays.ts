import { basename } from 'node:path';
import { dataError, streamFile } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import { byNumber, findFiles } from '../bytes/find-files.js';
import { splitOf, words } from '../bytes/split-names.js';
import type { Split } from '../format.js';
import { readNpyHeader } from './npy.js';
import type { NpyHeader } from './npy.js';
import { openNpz } from './npz.js';

/** A numpy array in an `.npz` or `.npy` file. */
export interface NamedArray {
  /** Its name in the `.npz`, or the file name of the `.npy` without the extension. */
  readonly name: string;
  /** File and name, for messages. */
  readonly where: string;
  readonly path: string;
  /** Calls `use` with the array's header and a stream of its numbers. */
  read<T>(use: (stream: ByteStream, header: NpyHeader) => Promise<T>): Promise<T>;
}

/**
 * All arrays of the `.npz` and `.npy` files of a folder, or of one file.
 *
 * @throws DistillError code `data` where there are none, or a file is damaged
 */
export async function namedArrays(dir: string): Promise<readonly NamedArray[]> {
  const found: NamedArray[] = [];
  for (const path of findFiles(dir, (name) => /\.np[zy]$/i.test(name), 'numpy files (.npz, or .npy)')) {
    if (/\.npy$/i.test(path)) found.push(ofNpy(path));
    else found.push(...(await ofNpz(path)));
  }
  return found;
}

function ofNpy(path: string): NamedArray {
  return {
    name: basename(path).replace(/\.npy$/i, ''),
    where: path,
    path,
    read: (use) => reading(streamFile(path), use),
  };
}

async function ofNpz(path: string): Promise<readonly NamedArray[]> {
  const archive = await openNpz(path);
  archive.close();
  return archive.names.map((name) => ({
    name,
    where: `${path}, array '${name}'`,
    path,
    async read(use) {
      const npz = await openNpz(path);
      try {
        return await reading(await npz.open(name), use);
      } finally {
        npz.close();
      }
    },
  }));
}

async function reading<T>(
  stream: ByteStream,
  use: (stream: ByteStream, header: NpyHeader) => Promise<T>,
): Promise<T> {
  try {
    return await use(stream, await readNpyHeader(stream));
  } finally {
    await stream.close();
  }
}

export type Role = 'images' | 'labels';

const ROLES: Readonly<Record<Role, RegExp>> = {
  images: /^(?:x|xs|images?|imgs?|data|pixels|inputs?|features|arr0)$/,
  labels: /^(?:y|ys|labels?|targets?|class|classes|cls|arr1)$/,
};
/** Words of arrays about others: `class_names`, `num_classes`, `image_mean`. */
const ABOUT = /^(?:names?|num|n|nb|counts?|paths?|filenames?|mean|std|shape)$/;
/** Array names in a configuration, where they are not the usual ones. */
export type ArrayNames = Readonly<Partial<Record<`${Split}${Capitalize<Role>}`, string | undefined>>>;

/** The arrays of one split, in order; several where the split is stored in batches. */
export interface SplitArrays {
  readonly images: readonly NamedArray[];
  readonly labels: readonly NamedArray[];
}

/**
 * Assigns arrays to splits as images or labels, by their own names (`x_train`, `train_images`, …) or their files' names
 * (`train.npz`). Arrays of no split are under `all`.
 *
 * @throws DistillError code `data` where the names are ambiguous
 */
export function assigned(
  arrays: readonly NamedArray[],
  names: ArrayNames,
  dir: string,
): Readonly<Partial<Record<Split | 'all', SplitArrays>>> {
  const result: Partial<Record<Split | 'all', SplitArrays>> = {};
  const splits = ['train', 'validation', 'test'] as const;
  const there = arrays.map(({ name, path }) => (name === stem(path) ? name : `${basename(path)}: ${name}`));
  const open = (expected: string): Error => {
    const hint =
      'Name them in dataset.arrays, e.g. { trainImages: x, trainLabels: y, testImages: x_test, testLabels: y_test }.';
    const shown =
      there.length > 12 ? `${there.slice(0, 12).join(', ')} and ${there.length - 12} more` : there.join(', ');
    return dataError(dir, expected, `the arrays ${shown === '' ? '(none)' : shown}`, hint);
  };
  // `np.savez(file, a, b, c, d)` numbers its arrays: which is which cannot be told.
  if (Object.keys(names).length === 0 && arrays.some(({ name }) => /^arr_(?:[2-9]|\d\d+)$/.test(name)))
    throw open('arrays with names, or two alone (arr_0 images, arr_1 labels)');
  for (const split of [...splits, 'all'] as const) {
    // Arrays of no split are read only where none are for training.
    if (split === 'all' && result.train !== undefined) continue;
    const of = (role: Role): readonly NamedArray[] => {
      const key = split === 'all' ? undefined : names[`${split}${role === 'images' ? 'Images' : 'Labels'}`];
      const fits = ({ name, path }: NamedArray): boolean =>
        key !== undefined
          ? name === key
          : ROLES[role].test(roleWord(name, role)) &&
            splitOf(path, name) === (split === 'all' ? undefined : split);
      const fitting = arrays.filter(fits);
      // An array of that name in the file of another split is no batch of this one.
      const own = key === undefined ? [] : fitting.filter(({ path }) => splitOf(stem(path)) === split);
      const found = (own.length > 0 ? own : fitting).sort(
        (a, b) => byNumber(a.path, b.path) || byNumber(a.name, b.name),
      );
      if (key !== undefined && found.length === 0) throw open(`an array '${key}'`);
      // Batches are separate files: two arrays in one file are ambiguous.
      if (new Set(found.map(({ path }) => path)).size < found.length)
        throw open(`one array of ${split} ${role} per file`);
      return found;
    };
    const [images, labels] = [of('images'), of('labels')];
    if (images.length === 0 && labels.length === 0) continue;
    if (images.length !== labels.length) throw open(`as many arrays of ${split} images as of labels`);
    result[split] = { images, labels };
  }
  if (result.train === undefined && result.all === undefined)
    throw open('arrays of training images and labels');
  return result;
}

const stem = (path: string): string => basename(path).replace(/\.np[zy]$/i, '');

function roleWord(name: string, role: Role): string {
  if (/^arr_\d$/.test(name)) return name.replace('_', '');
  const all = words(name);
  return all.some((word) => ABOUT.test(word)) ? '' : (all.find((word) => ROLES[role].test(word)) ?? '');
}
