import { join } from 'node:path';
import { shownText } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { dataError } from './bytes/byte-stream.js';
import { splitNamed } from './bytes/split-names.js';
import { byBytes, contentOf, imagesBelow, listNames, placeOf, plain } from './folder-content.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { imageSet } from './image-set.js';
import type { ImageOptions } from './image-set.js';
import { nameNotes } from './label-names.js';
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
 * Folders `train` and `test` (or `eval`), and optionally `val`, `valid`, `validation` or `dev`, are the splits, and all must have the
 * same classes. Names may go on, as in `train_set` and `val2017`. Without `test`, the validation folder serves as the test set. Without split folders, `testFraction` of every class is held out for
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

/** The files of a folder by split, not yet read. */
export function folderItems(options: Pick<FolderOptions, 'dir'> & DivideOptions): LayoutItems {
  const { dir } = options;
  const { folders, images } = contentOf(dir);
  const parts = new Map<Split, string>();
  for (const name of folders) {
    const split = splitNamed(name);
    if (split !== undefined && !parts.has(split)) parts.set(split, name);
  }
  const train = parts.get('train');
  // A class may be called train: it then holds images and no folders.
  const isSplit = train !== undefined && parts.size > 1 && contentOf(join(dir, train)).folders.length > 0;
  if (isSplit) return splitItems(dir, folders, parts);
  if (folders.length < 2) throw noClasses(dir, folders, images.length);
  expectClassFolders(dir, folders, parts);
  const { items, classNames } = classItemsOf(dir, folders, ['']);
  const notes = [...looseNotes(images.length), ...nameNotes(classNames)];
  return divided({ items: { train: items.get('') ?? [] }, classNames, notes }, options);
}

const looseNotes = (count: number): readonly string[] =>
  count === 0
    ? []
    : [
        `${count} image${count === 1 ? '' : 's'} beside the class folders belong to no class and are left out.`,
      ];

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
  const loose = ['', ...names].reduce((sum, name) => sum + contentOf(join(dir, name)).images.length, 0);
  const notes = [...looseNotes(loose), ...nameNotes(classNames)];
  const validation = parts.get('validation');
  if (parts.has('test'))
    return {
      items: { train: of('train'), test: of('test'), ...(validation && { validation: of('validation') }) },
      classNames,
      notes,
    };
  const note = `There is no test folder: the images of ${validation ?? ''} are the test, and validation takes some of the training images.`;
  return { items: { train: of('train'), test: of('validation') }, classNames, notes: [note, ...notes] };
}

/**
 * Splits of other names would be taken for classes, and their classes would be mixed.
 *
 * @throws DistillError code `data` for folders that look like splits, or like masks beside images
 */
function expectClassFolders(
  dir: string,
  folders: readonly string[],
  parts: ReadonlyMap<Split, string>,
): void {
  const expected = 'one folder of images per class';
  const insides = folders.map((name) => contentOf(join(dir, name)));
  if (folders.every((name) => splitNamed(name) !== undefined) && parts.size > 1) {
    const hint =
      'Put the images of each class into a folder of its own, in each split; or list images and labels in a file (dataset.name: list).';
    throw dataError(dir, expected, `${listNames(folders)}, the names of splits`, hint);
  }
  if (insides.some(({ images }) => images.length > 0)) return;
  const below = insides.map((inside) => new Set(inside.folders.map((name) => plain(name).toLowerCase())));
  const [most = new Set()] = [...below].sort((a, b) => b.size - a.size);
  const areAlike = below.every((names) => names.size > 1 && [...names].every((name) => most.has(name)));
  const train = folders.indexOf(parts.get('train') ?? '');
  if (!areAlike && (below[train]?.size ?? 0) < 2) return;
  const names = listNames(insides[Math.max(train, 0)]?.folders ?? []);
  const got = areAlike
    ? `no images but the same folders in each of ${listNames(folders)}: ${names}`
    : `folders in ${folders[train] ?? ''}: ${names}`;
  const hint =
    'Are these splits? Name them train, val and test, and move all other folders away. If they are classes, put their images into them without folders.';
  throw dataError(dir, expected, got, hint);
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
