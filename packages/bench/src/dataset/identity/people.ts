import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shownText } from '@distilljs/core';
import { readDataText } from '../../file/index.js';
import { dataError } from '../bytes/byte-stream.js';
import { entryOf, findRoot, imagesIn } from '../layout/folders.js';
import { linesOf } from '../layout/wordnet.js';

/** An image of somebody (or something) that can be recognized. */
export interface Sighting {
  readonly path: string;
  /** Undefined for a distractor, whose identity no query has. */
  readonly identity: string | undefined;
  readonly camera?: number | undefined;
}

/** Images of identities: those to train on, and those to measure on, which have other identities. */
export interface People {
  readonly train: readonly Sighting[];
  /** More images of the training identities. */
  readonly validation?: readonly Sighting[] | undefined;
  /** Each searches the gallery for images of its identity. */
  readonly query?: readonly Sighting[] | undefined;
  readonly gallery?: readonly Sighting[] | undefined;
  /** Images of identities that no query has. */
  readonly distractors?: readonly Sighting[] | undefined;
}

/** Lists of images, below the folder of the set; each line is a path, an identity and, where it is known, a camera. */
export interface IdentityLists {
  readonly train: string;
  readonly validation?: string | undefined;
  readonly query?: string | undefined;
  readonly gallery?: string | undefined;
  readonly distractors?: string | undefined;
}

/**
 * The images of a set of identities: from the given lists, else in MSMT17's layout (`list_train.txt`, …) or Market-1501's
 * (`bounding_box_train`, …).
 *
 * @throws DistillError code `data`: missing files and damaged lists
 */
export function readPeople(dir: string, lists?: IdentityLists): People {
  if (lists !== undefined) return listedPeople(dir, lists);
  const isMsmt = (names: ReadonlySet<string>): boolean => names.has('list_train.txt');
  const isMarket = (names: ReadonlySet<string>): boolean => names.has('bounding_box_train');
  const what =
    'a set of identities: MSMT17 (list_train.txt, …), Market-1501 (bounding_box_train, …), or lists';
  const root = findRoot(dir, (names) => isMsmt(names) || isMarket(names), what);
  return entryOf(root, 'list_train.txt') === undefined ? market(root) : msmt(root);
}

function listedPeople(dir: string, lists: IdentityLists): People {
  const read = (part: keyof IdentityLists): readonly Sighting[] | undefined => {
    const name = lists[part];
    if (name === undefined) return undefined;
    const list = join(dir, name);
    return readList(list, [dir, dirname(list)], part === 'distractors');
  };
  return {
    train: read('train') ?? [],
    validation: read('validation'),
    query: read('query'),
    gallery: read('gallery'),
    distractors: read('distractors'),
  };
}

/** MSMT17, both versions: lists, and folders `train` and `test` (`mask_train_v2` and `mask_test_v2`). */
function msmt(root: string): People {
  const [train, test] = [entryOf(root, 'mask_train_v2', 'train'), entryOf(root, 'mask_test_v2', 'test')];
  const read = (name: string, folder: string | undefined): readonly Sighting[] | undefined => {
    const list = entryOf(root, name);
    if (list === undefined) return undefined;
    if (folder === undefined) {
      const hint = 'Unpack the whole archive.';
      throw dataError(
        root,
        'the folders train and test (or mask_train_v2 and mask_test_v2)',
        'one of them missing',
        hint,
      );
    }
    return readList(list, [folder, root], false).map((sighting) => ({
      ...sighting,
      camera: sighting.camera ?? msmtCamera(sighting.path, list),
    }));
  };
  return {
    train: read('list_train.txt', train) ?? [],
    validation: read('list_val.txt', train),
    query: read('list_query.txt', test),
    gallery: read('list_gallery.txt', test),
  };
}

/** `0000_000_01_0303morning_0008_0.jpg`: the third field is the camera. */
function msmtCamera(path: string, list: string): number {
  const camera = /^\d+_\d+_(\d+)_/.exec(basename(path))?.[1];
  if (camera !== undefined) return Number(camera);
  throw dataError(
    list,
    'names with a camera, e.g. 0000_000_01_0303morning_0008_0.jpg',
    `'${basename(path)}'`,
  );
}

/** Market-1501 and DukeMTMC: `0002_c1s1_000451_03.jpg`; −1 is junk; 0, in the gallery, is a distractor. */
function market(root: string): People {
  const read = (name: string): readonly Sighting[] | undefined => {
    const folder = entryOf(root, name);
    if (folder === undefined) return undefined;
    return imagesIn(folder).flatMap((image): Sighting[] => {
      const [, identity, camera] = /^(-?\d+)_c(\d+)/.exec(image) ?? [];
      if (identity === undefined || camera === undefined)
        throw dataError(folder, 'names with identity and camera, e.g. 0002_c1s1_000451_03.jpg', `'${image}'`);
      const path = join(folder, image);
      return identity === '-1' ? [] : [{ path, identity, camera: Number(camera) }];
    });
  };
  return {
    train: read('bounding_box_train') ?? [],
    query: read('query'),
    gallery: read('bounding_box_test'),
  };
}

/** A list of millions of images takes some hundred megabytes. */
const LONGEST_LIST = 512 * 2 ** 20;

/**
 * A list of images: lines of path, identity and camera, separated by blanks, commas or tabs, or MegaFace's JSON
 * (`{"path": […], "id": […]}`).
 *
 * @param folders that paths may be relative to; the first that has the first image is used
 */
function readList(list: string, folders: readonly string[], isNobody: boolean): readonly Sighting[] {
  const text = readDataText(list, 'a list of images', LONGEST_LIST);
  const entries = /^\s*\{/.test(text.slice(0, 100)) ? ofJson(list, text, isNobody) : ofLines(list, isNobody);
  const [first] = entries;
  if (first === undefined) throw dataError(list, 'a list of images', 'no lines');
  const folder = folders.find((place) => existsSync(join(place, first.path)));
  if (folder === undefined) {
    const hint = `Paths are looked for in ${[...new Set(folders)].join(' and ')}.`;
    throw dataError(list, 'paths of images that are there', `'${first.path}'`, hint);
  }
  return entries.map((entry) => ({ ...entry, path: join(folder, entry.path) }));
}

function ofLines(list: string, isNobody: boolean): readonly Sighting[] {
  return linesOf(list, LONGEST_LIST).flatMap((line, at): Sighting[] => {
    // A path may have blanks where something else separates the fields.
    const [path = '', identity, camera] = line.split(/[,\t]/.test(line) ? /\s*[,\t]\s*/ : /\s+/);
    if (at === 0 && /^(?:path|image|file)/i.test(path) && !/\.\w+$/.test(path)) return [];
    const isCamera = camera === undefined || /^\d+$/.test(camera);
    if ((identity === undefined && !isNobody) || !isCamera || isOutside(path)) {
      const expected = `a path${isNobody ? '' : ', an identity'} and, where it is known, the number of a camera`;
      throw dataError(`${list}, line ${at + 1}`, expected, `'${shownText(line, 100)}'`);
    }
    return [sighting(path, isNobody ? undefined : identity, camera)];
  });
}

const sighting = (path: string, identity: string | undefined, camera?: string): Sighting =>
  camera === undefined ? { path, identity } : { path, identity, camera: Number(camera) };

/** Whether a path is empty or leads outside the dataset's folder. */
const isOutside = (path: string): boolean =>
  path === '' || /^(?:[/\\]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(path);

const isName = (id: unknown): boolean => typeof id === 'string' || typeof id === 'number';

function ofJson(list: string, text: string, isNobody: boolean): readonly Sighting[] {
  const expected = `JSON with a list "path"${isNobody ? '' : ' and a list "id" as long, of texts or numbers'}`;
  let parsed: { readonly path?: unknown; readonly id?: unknown };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch (cause) {
    throw dataError(list, expected, (cause as Error).message);
  }
  const { path: paths, id: ids } = parsed;
  const isRight =
    Array.isArray(paths) &&
    paths.every((path) => typeof path === 'string' && !isOutside(path)) &&
    (isNobody || (Array.isArray(ids) && ids.length === paths.length && ids.every(isName)));
  if (!isRight) throw dataError(list, expected, `keys ${Object.keys(parsed).slice(0, 6).join(', ')}`);
  return (paths as readonly string[]).map((path, at) =>
    sighting(path, isNobody ? undefined : String((ids as readonly unknown[])[at])),
  );
}
