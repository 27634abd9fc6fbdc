import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { annotatedItems, classItems } from './layout/class-items.js';
import { entryOf, findRoot, foldersIn } from './layout/folders.js';
import { loadLayout } from './layout/load-layout.js';
import type { LayoutOptions } from './layout/load-layout.js';
import { WNID, badLine, classNames, linesOf } from './layout/wordnet.js';
import { dataError } from './bytes/byte-stream.js';

/** Tiny-ImageNet-200: 100,000 training images of 64×64. Its test images have no labels, so `val` is the test set. */
export interface TinyImagenetOptions extends LayoutOptions {
  /** The folder tiny-imagenet-200, or one that holds it. */
  readonly dir: string;
}

/** {@link TinyImagenetOptions} in a configuration. */
export interface TinyImagenetSource extends TinyImagenetOptions {
  readonly name: 'tiny-imagenet';
}

export const tinyImagenetFormat: DatasetFormat<TinyImagenetSource> = {
  summary: 'Tiny-ImageNet (tiny-imagenet-200: train, val, wnids.txt) in dataset.dir or --data-dir',
  load: loadTinyImagenet,
};

/**
 * Reads Tiny-ImageNet, by default at 64×64.
 *
 * @throws DistillError code `data`: a folder of another form, classes without images, damaged images
 */
export async function loadTinyImagenet(
  options: TinyImagenetOptions,
  wanted: readonly Split[] = ['train', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const layout = tinyImagenetItems(options, wanted);
  return await loadLayout('tiny-imagenet', layout, { imageSize: 64, ...options }, wanted, surroundings);
}

/**
 * Classes are in the order of their WordNet identities, as in other readers of class folders. The images of `val` are listed in
 * `val_annotations.txt`, or already sorted into class folders.
 */
export function tinyImagenetItems({ dir }: TinyImagenetOptions, wanted: readonly Split[]): LayoutItems {
  const what = "Tiny-ImageNet's folder (tiny-imagenet-200, with train and val)";
  const root = findRoot(dir, (names) => names.has('train') && names.has('val'), what);
  const train = entryOf(root, 'train') as string;
  const identities = identitiesOf(train);
  const val = entryOf(root, 'val') as string;
  return {
    classNames: classNames(identities, entryOf(root, 'words.txt')),
    items: {
      ...(wanted.includes('train') ? { train: classItems(train, identities, 'images') } : {}),
      ...(wanted.includes('test') ? { test: valItems(val, identities) } : {}),
    },
  };
}

/** @throws DistillError code `data` unless all folders are named by WordNet identities */
export function identitiesOf(train: string): readonly string[] {
  const folders = foldersIn(train);
  const wrong = folders.find((name) => !WNID.test(name));
  if (folders.length >= 2 && wrong === undefined) return folders;
  const got = wrong === undefined ? `${folders.length} folders` : `'${wrong}'`;
  const hint = 'For other class folders take the dataset `folder`.';
  throw dataError(train, 'class folders with names like n01443537', got, hint);
}

function valItems(val: string, identities: readonly string[]): readonly ImageItem[] {
  const list = entryOf(val, 'val_annotations.txt');
  const images = entryOf(val, 'images');
  if (list === undefined || images === undefined || foldersIn(val).some((name) => WNID.test(name)))
    return classItems(val, identities, 'images');
  const annotations = linesOf(list).map((line, at) => {
    const [image, className] = line.split(/\s+/);
    if (image === undefined || className === undefined || !WNID.test(className))
      throw badLine(list, at, 'an image and its class, e.g. val_0.JPEG n03444034', line);
    return { image, className };
  });
  return annotatedItems(images, list, annotations, identities);
}
