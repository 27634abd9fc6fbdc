import { basename, dirname, join } from 'node:path';
import { dataError } from '../bytes/byte-stream.js';
import { matStructs } from '../array-file/mat-structs.js';
import { entryOf, foldersIn } from './folders.js';
import { badLine, linesOf } from './wordnet.js';

/** Classes and validation labels from ImageNet's development kit. */
export interface Devkit {
  /** The list of the validation images' classes, for messages. */
  readonly list: string;
  /** Names of each class identity, separated by commas. */
  readonly words: ReadonlyMap<string, string>;
  /** The identity of each validation image, in order of the images' numbers. */
  readonly validation: readonly string[];
}

/**
 * Reads `data/meta.mat` and `data/ILSVRC2012_validation_ground_truth.txt` of a folder `ILSVRC2012_devkit_t12`, or these files themselves
 * where they lie in one of the folders.
 *
 * @param places folders to look in, in order
 * @returns undefined where there is no such list
 * @throws DistillError code `data` for damaged files
 */
export async function readDevkit(places: readonly string[]): Promise<Devkit | undefined> {
  const folders = places.flatMap((place) => [
    place,
    ...foldersIn(place)
      .filter((name) => /^ilsvrc2012_devkit/i.test(name))
      .map((name) => join(place, name, 'data')),
  ]);
  const list = folders
    .map((folder) => safely(() => entryOf(folder, 'ilsvrc2012_validation_ground_truth.txt')))
    .find((path) => path !== undefined);
  if (list === undefined) return undefined;
  const meta = entryOf(dirname(list), 'meta.mat');
  if (meta === undefined)
    throw dataError(dirname(list), `meta.mat beside ${basename(list)}`, 'none', 'Unpack the whole kit.');
  const identities = new Map<number, string>();
  const words = new Map<string, string>();
  for (const { ILSVRC2012_ID: number, WNID: identity, words: names } of await matStructs(meta, 'synsets')) {
    if (typeof number !== 'number' || typeof identity !== 'string') continue;
    identities.set(number, identity);
    if (typeof names === 'string') words.set(identity, names);
  }
  if (identities.size === 0)
    throw dataError(meta, 'synsets with ILSVRC2012_ID and WNID', 'none', 'Unpack the kit again.');
  const validation = linesOf(list).map((line, at) => {
    const identity = identities.get(Number(line));
    if (identity === undefined)
      throw badLine(list, at, `the number of one of ${identities.size} classes`, line);
    return identity;
  });
  return { list, words, validation };
}

/** A kit without its `data` folder is ignored. */
function safely<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
