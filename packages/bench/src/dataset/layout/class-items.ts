import { basename, join } from 'node:path';
import { dataError } from '../bytes/byte-stream.js';
import type { ImageItem } from '../image-item.js';
import { foldersIn, imagesIn } from './folders.js';

/**
 * The images of a folder with one folder per class.
 *
 * @param classes names of the class folders in order of their labels
 * @param inside a folder in each class folder that may hold its images (Tiny-ImageNet: `images`)
 * @throws DistillError code `data` for class folders that are missing, foreign, or without an image
 */
export function classItems(
  folder: string,
  classes: readonly string[],
  inside?: string,
): readonly ImageItem[] {
  const there = foldersIn(folder);
  const places = new Map(classes.map((name, label) => [name.toLowerCase(), label]));
  const foreign = there.filter((name) => !places.has(name.toLowerCase()));
  if (foreign.length > 0) {
    const got = `also ${listed(foreign)}`;
    throw dataError(
      folder,
      `folders of the ${classes.length} classes`,
      got,
      'Are these folders of another set?',
    );
  }
  const found = new Map(there.map((name) => [name.toLowerCase(), name]));
  const empty: string[] = [];
  const items = classes.flatMap((name, label): ImageItem[] => {
    const actual = found.get(name.toLowerCase());
    const place = actual === undefined ? undefined : join(folder, actual);
    const deeper = inside !== undefined && place !== undefined ? join(place, inside) : undefined;
    const from = deeper !== undefined && imagesIn(deeper).length > 0 ? deeper : place;
    const images = from === undefined ? [] : imagesIn(from);
    if (images.length === 0) empty.push(name);
    return images.map((image) => ({ path: join(from as string, image), label }));
  });
  if (empty.length === 0) return items;
  const hint = 'Unpack the set again: some of it is missing.';
  throw dataError(
    folder,
    `images of each of the ${classes.length} classes`,
    `none of ${listed(empty)}`,
    hint,
  );
}

/** One image and its class, from an annotation file. */
export interface Annotation {
  /** The file name, with or without an extension. */
  readonly image: string;
  /** The name of its class folder in the training images. */
  readonly className: string;
}

/**
 * The images of one folder, labelled by an annotation file.
 *
 * @param file for messages
 * @throws DistillError code `data` for images without an annotation, annotations without an image, and unknown classes
 */
export function annotatedItems(
  folder: string,
  file: string,
  annotations: readonly Annotation[],
  classes: readonly string[],
): readonly ImageItem[] {
  const stem = (name: string): string =>
    basename(name)
      .replace(/\.\w+$/, '')
      .toLowerCase();
  const images = new Map(imagesIn(folder).map((name) => [stem(name), name]));
  const places = new Map(classes.map((name, label) => [name, label]));
  const missing: string[] = [];
  const items = annotations.flatMap(({ image, className }): ImageItem[] => {
    const label = places.get(className);
    if (label === undefined)
      throw dataError(
        file,
        `classes that are among the ${classes.length} for training`,
        `'${className}' for ${image}`,
      );
    const name = images.get(stem(image));
    if (name === undefined) missing.push(image);
    images.delete(stem(image));
    return name === undefined ? [] : [{ path: join(folder, name), label }];
  });
  const hint = 'Unpack the set again, all of it.';
  if (missing.length > 0)
    throw dataError(folder, `the images that ${basename(file)} lists`, `all but ${listed(missing)}`, hint);
  if (images.size > 0)
    throw dataError(
      file,
      `the classes of all images in ${folder}`,
      `none for ${listed([...images.values()])}`,
      hint,
    );
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A few of these, and how many more. */
export const listed = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
