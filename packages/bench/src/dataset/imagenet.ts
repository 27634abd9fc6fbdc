import { dirname, join } from 'node:path';
import { dataError } from './bytes/byte-stream.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { annotatedItems, classItems } from './layout/class-items.js';
import type { Annotation } from './layout/class-items.js';
import { entryOf, findRoot, foldersIn, imagesIn } from './layout/folders.js';
import { loadLayout } from './layout/load-layout.js';
import type { LayoutOptions } from './layout/load-layout.js';
import { readDevkit } from './layout/devkit.js';
import type { Devkit } from './layout/devkit.js';
import { WNID, badLine, classNames, linesOf } from './layout/wordnet.js';
import { identitiesOf } from './tiny-imagenet.js';

/** ImageNet-1K (ILSVRC 2012), or any subset with its folders. Its test images have no labels, so `val` is the test set. */
export interface ImagenetOptions extends LayoutOptions {
  /** The folder with train and val, or one that holds it. */
  readonly dir: string;
}

/** {@link ImagenetOptions} in a configuration. */
export interface ImagenetSource extends ImagenetOptions {
  readonly name: 'imagenet';
}

export const imagenetFormat: DatasetFormat<ImagenetSource> = {
  summary:
    'ImageNet-1K, or any subset with its folders (train/n01440764/…, val) in dataset.dir or --data-dir',
  load: loadImagenet,
};

/**
 * Reads ImageNet-1K, by default at 224×224.
 *
 * @throws DistillError code `data`: a folder of another form, classes without images, damaged images
 */
export async function loadImagenet(
  options: ImagenetOptions,
  wanted: readonly Split[] = ['train', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const { places } = rootOf(options.dir);
  const layout = imagenetItems(options, wanted, await readDevkit(places));
  return await loadLayout('imagenet', layout, { imageSize: 224, ...options }, wanted, surroundings);
}

/** Lists of class names, in search order. */
const NAME_LISTS = ['loc_synset_mapping.txt', 'synset_words.txt', 'words.txt'];

/**
 * Classes are in the order of their WordNet identities, as in other readers of class folders. The images of `val` are in class
 * folders, or listed in `LOC_val_solution.csv`, `val_annotations.txt`, `val.txt` (image and class index), or the development kit.
 * These, and lists of class names, are searched for in `val`, beside `train`, and up to three folders above.
 */
export function imagenetItems(
  { dir }: ImagenetOptions,
  wanted: readonly Split[],
  devkit?: Devkit,
): LayoutItems {
  const { root, places } = rootOf(dir);
  const train = entryOf(root, 'train') as string;
  const identities = identitiesOf(train);
  const find = (...names: readonly string[]): string | undefined =>
    places.map((place) => entryOf(place, ...names)).find((path) => path !== undefined);
  return {
    classNames: classNames(identities, find(...NAME_LISTS) ?? devkit?.words),
    items: {
      ...(wanted.includes('train') ? { train: classItems(train, identities, 'images') } : {}),
      ...(wanted.includes('test')
        ? { test: valItems(entryOf(root, 'val') as string, identities, find, devkit) }
        : {}),
    },
  };
}

/** The folder with train and val, and the folders to search for lists. */
function rootOf(dir: string): { readonly root: string; readonly places: readonly string[] } {
  const what = "ImageNet's folder, with train and val";
  const root = findRoot(dir, (names) => names.has('train') && names.has('val'), what);
  const above = [root, dirname(root), dirname(dirname(root)), dirname(dirname(dirname(root)))];
  return { root, places: [...new Set([join(root, 'val'), ...above])] };
}

function valItems(
  val: string,
  identities: readonly string[],
  find: (...names: readonly string[]) => string | undefined,
  devkit: Devkit | undefined,
): readonly ImageItem[] {
  if (foldersIn(val).some((name) => WNID.test(name))) return classItems(val, identities, 'images');
  const images = entryOf(val, 'images');
  const folder = images !== undefined && imagesIn(images).length > 0 ? images : val;
  const list = find('loc_val_solution.csv', 'val_annotations.txt', 'val.txt');
  if (list === undefined && devkit !== undefined) return ofDevkit(folder, devkit, identities);
  if (list === undefined) {
    const expected = 'class folders (n01440764, …), or a list of the classes';
    const hint =
      'Sort the images into class folders, or put LOC_val_solution.csv (ImageId,PredictionString), val.txt (image, class index) or the unpacked ILSVRC2012_devkit_t12 beside them.';
    throw dataError(val, expected, `${imagesIn(folder).length} images alone`, hint);
  }
  const annotations = linesOf(list).flatMap((line, at) => annotationOf(list, line, at, identities));
  return annotatedItems(folder, list, annotations, identities);
}

/** The development kit lists classes in order of the images' numbers. */
function ofDevkit(
  folder: string,
  { list, validation }: Devkit,
  identities: readonly string[],
): readonly ImageItem[] {
  const annotations = imagesIn(folder).flatMap((image) => {
    const className = validation[Number(/(\d+)\.\w+$/.exec(image)?.[1] ?? NaN) - 1];
    if (className === undefined)
      throw dataError(
        list,
        `a line for each image of ${folder}`,
        `${validation.length} lines, none for ${image}`,
      );
    // A subset may lack classes.
    return identities.includes(className) ? [{ image, className }] : [];
  });
  return annotatedItems(folder, list, annotations, identities);
}

function annotationOf(
  list: string,
  line: string,
  at: number,
  identities: readonly string[],
): readonly Annotation[] {
  const [image, word = ''] = line.split(/[,\s]+/);
  if (at === 0 && image === 'ImageId') return [];
  // Class indices count from 0, in the order of the identities.
  const className = /^\d+$/.test(word) ? identities[Number(word)] : word;
  if (image !== undefined && className !== undefined && WNID.test(className)) return [{ image, className }];
  throw badLine(list, at, 'an image and its class, e.g. ILSVRC2012_val_00000001 n01751748', line);
}
