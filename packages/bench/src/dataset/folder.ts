import { readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { DistillError, shownText } from '@distilljs/core';
import { fileKind, statsAt } from '../file/index.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { imageSet } from './image-set.js';
import type { ImageOptions } from './image-set.js';
import { isLitter } from './bytes/litter.js';
import { divided, firstOfEach } from './divide.js';
import type { DivideOptions } from './divide.js';

/** Images in one folder per class. */
export interface FolderOptions extends ImageOptions, DivideOptions {
  /** The folder of the class folders, or of `train`, `val` and `test` with class folders in each. */
  readonly dir: string;
}

/** {@link FolderOptions} in a configuration. */
export interface FolderSource extends FolderOptions {
  readonly name: 'folder';
}

export const folderFormat: DatasetFormat<FolderSource> = {
  summary:
    'your images in one folder per class (DIR/CLASS/*.jpg), with train, val and test folders or split by seed',
  load: imageFolder,
};

/**
 * Image files in one folder per class; folders inside a class folder belong to it. Image files are recognized by their extension,
 * in any case. Hidden files, folders that systems leave (litter.ts) and everything else are skipped. Classes are numbered in the
 * byte order of their names in UTF-8.
 *
 * Folders `train` and `test`, and optionally `val`, `valid` or `validation`, are the splits, and all must have the same classes.
 * Without `test`, the validation folder serves as the test set. Without split folders, `testFraction` of every class is held out for
 * testing; `splitSeed` decides which images.
 *
 * @param wanted Default: all
 * @throws DistillError code `data` for a folder of another form, classes without images, classes that differ between splits, and
 * damaged files
 */
export async function imageFolder(
  options: FolderOptions,
  wanted: readonly Split[] = ['train', 'validation', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const { dir } = options;
  const layout = folderItems(options);
  return await imageSet(
    { ...firstOfEach(layout, options), name: 'folder', root: dir, images: options },
    wanted,
    surroundings,
  );
}

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};
const IMAGE = /\.(?:jpe?g|jfif|png|gif|webp|bmp|tiff?|avif|hei[cf]|jxl)$/i;

/** The files of a folder by split, not yet read. */
export function folderItems(options: Pick<FolderOptions, 'dir'> & DivideOptions): LayoutItems {
  const { dir } = options;
  const { folders, images } = contentOf(dir);
  const parts = new Map<Split, string>();
  for (const name of folders) {
    const split = SPLIT_NAMES[name.toLowerCase()];
    if (split !== undefined && !parts.has(split)) parts.set(split, name);
  }
  const train = parts.get('train');
  // A class may be called train: it then holds images and no folders.
  const isSplit = train !== undefined && parts.size > 1 && contentOf(join(dir, train)).folders.length > 0;
  if (isSplit) return splitItems(dir, folders, parts);
  if (folders.length < 2) throw noClasses(dir, folders, images.length);
  const { items, classNames } = classItemsOf(dir, folders, ['']);
  const loose =
    images.length === 0
      ? []
      : [
          `${images.length} image${images.length === 1 ? '' : 's'} beside the class folders belong to no class and are left out.`,
        ];
  return divided({ items: { train: items.get('') ?? [] }, classNames, notes: loose }, options);
}

function splitItems(dir: string, folders: readonly string[], parts: ReadonlyMap<Split, string>): LayoutItems {
  const names = [...parts.values()];
  const foreign = folders.filter((name) => !names.includes(name));
  if (foreign.length > 0) {
    const hint =
      'Move them away, or put the class folders of all splits into one folder to have them split by seed.';
    throw dataError(dir, `the folders ${names.join(', ')} and no others`, `also ${listNames(foreign)}`, hint);
  }
  const classes = [...new Set(names.flatMap((name) => contentOf(join(dir, name)).folders.map(plain)))];
  if (classes.length < 2) throw noClasses(join(dir, names[0] ?? ''), classes, 0);
  const { items, classNames } = classItemsOf(dir, classes, names);
  const of = (split: Split): readonly ImageItem[] => items.get(parts.get(split) ?? '') ?? [];
  const validation = parts.get('validation');
  if (parts.has('test'))
    return {
      items: { train: of('train'), test: of('test'), ...(validation && { validation: of('validation') }) },
      classNames,
    };
  const note = `There is no test folder: the images of ${validation ?? ''} are the test, and validation takes some of the training images.`;
  return { items: { train: of('train'), test: of('validation') }, classNames, notes: [note] };
}

/** The images of every class in every part, or one error for all classes that lack some. */
function classItemsOf(
  dir: string,
  classes: readonly string[],
  parts: readonly string[],
): { readonly items: ReadonlyMap<string, readonly ImageItem[]>; readonly classNames: readonly string[] } {
  const classNames = [...new Set(classes.map(plain))].sort(byBytes);
  const lacking: string[] = [];
  const items = new Map<string, ImageItem[]>();
  for (const part of parts) {
    const root = join(dir, part);
    const there = contentOf(root).folders;
    const found: ImageItem[] = [];
    const empty: string[] = [];
    classNames.forEach((name, label) => {
      const paths = there
        .filter((folder) => plain(folder) === name)
        // A link to the parent folder would put every class's images into this class.
        .flatMap((folder) => imagesBelow(join(root, folder), [placeOf(dir), placeOf(root)]));
      if (paths.length === 0) empty.push(name);
      for (const path of paths) found.push({ path, label });
    });
    if (empty.length > 0) lacking.push(`${part === '' ? '' : `${part} has `}none of ${listNames(empty)}`);
    items.set(part, found);
  }
  if (lacking.length === 0) return { items, classNames };
  const expected = `images of each of the ${classNames.length} classes${parts.length > 1 ? ` in ${parts.join(', ')}` : ''}`;
  throw dataError(dir, expected, lacking.join('; '), 'Add images, or remove the folders of these classes.');
}

/** All image files of a class folder, in byte order. */
function imagesBelow(folder: string, above: readonly (string | undefined)[]): readonly string[] {
  // A link may lead back to a folder above it.
  const place = placeOf(folder);
  if (place !== undefined && above.includes(place)) return [];
  const { folders, images } = contentOf(folder);
  return [
    ...images.map((name) => join(folder, name)),
    ...folders.flatMap((name) => imagesBelow(join(folder, name), [...above, place])),
  ];
}

/** Identifies a folder whatever its path; undefined where the file system gives no inode. */
function placeOf(folder: string): string | undefined {
  const { ino, dev } = statSync(folder);
  return ino === 0 ? undefined : `${dev}:${ino}`;
}

/** Folders and image files of a folder, in byte order, without system litter. */
function contentOf(folder: string): {
  readonly folders: readonly string[];
  readonly images: readonly string[];
} {
  const folders: string[] = [];
  const images: string[] = [];
  for (const entry of entriesOf(folder)) {
    if (isLitter(entry.name)) continue;
    if (isFolder(folder, entry)) folders.push(entry.name);
    else if (IMAGE.test(entry.name)) images.push(entry.name);
  }
  return { folders: folders.sort(byBytes), images: images.sort(byBytes) };
}

/** @throws DistillError code `data` for a broken link that may stand for a folder: a class would silently be missing */
function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const path = join(folder, entry.name);
  const stats = statsAt(path);
  if (stats === undefined && !IMAGE.test(entry.name)) {
    const hint = 'Mend or remove the link. If it stands for a class, the class would be missing.';
    throw dataError(path, 'a link to a folder of images', 'one that leads nowhere', hint);
  }
  return stats?.isDirectory() === true;
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what =
      code === 'ENOTDIR'
        ? kindAt(folder)
        : code === 'ENOENT'
          ? 'no such folder'
          : `one that cannot be read (${String(code)})`;
    const hint =
      what === 'a file' ? 'That is a file: unpack it, and name the folder that comes out.' : undefined;
    throw dataError(folder, 'a folder with one folder of images per class', what, hint);
  }
}

/** What a path is that is not a folder, or lies below a file. */
function kindAt(path: string): string {
  const stats = statsAt(path);
  return stats === undefined ? 'no such folder' : fileKind(stats);
}

function noClasses(dir: string, folders: readonly string[], images: number): DistillError {
  const [only] = folders;
  const inside = only === undefined ? [] : contentOf(join(dir, only)).folders;
  const got =
    only === undefined
      ? images === 0
        ? 'no folder with images'
        : `${images} images and no folder`
      : `one folder, ${shownText(only, 60)}`;
  const hint =
    inside.length > 1
      ? `Is ${shownText(join(dir, only ?? ''), 200)} meant?`
      : 'Put the images of each class into a folder named after it.';
  return dataError(dir, 'folders of at least two classes', got, hint);
}

/** Some of Apple's file systems store accents apart from their letters: both forms are the same name. */
const plain = (name: string): string => name.normalize('NFC');
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const listNames = (names: readonly string[]): string => {
  const shown = names
    .slice(0, 10)
    .map((name) => shownText(name, 60))
    .join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
};

const dataError = (where: string, expected: string, got: string, hint?: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });
