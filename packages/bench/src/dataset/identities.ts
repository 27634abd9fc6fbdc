import type { Dataset } from '@distilljs/core';
import type { Split } from './format.js';
import { readPeople } from './identity/people.js';
import type { IdentityLists, Sighting } from './identity/people.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { dataError } from './bytes/byte-stream.js';
import { byNumber } from './bytes/find-files.js';

/** Images of identities (people, faces, products), for metric learning. */
export interface IdentitiesSource {
  readonly name: 'identities';
  /** The folder of the set, or one that holds it. */
  readonly dir: string;
  /** Lists of images below the folder. Default: MSMT17's or Market-1501's layout. */
  readonly lists?: IdentityLists | undefined;
  /** Share of each identity's training images that is kept for the test, where there is no list for validation. Default: 0.1. */
  readonly testFraction?: number | undefined;
  /** Decides which images those are. Default: 0. */
  readonly splitSeed?: number | undefined;
}

/**
 * Training images with their identities as classes. Networks are trained and tested as classifiers of these identities; how well
 * they recognise others is what `distill-bench metrics` measures, on queries and gallery.
 */
export function identityItems({ dir, lists }: Pick<IdentitiesSource, 'dir' | 'lists'>): LayoutItems {
  const { train, validation } = readPeople(dir, lists);
  const names = new Set(train.map(({ identity }) => identity ?? ''));
  const classNames = [...names].sort((one, other) => byNumber(one, other) || (one < other ? -1 : 1));
  if (classNames.length < 2)
    throw dataError(dir, 'training images of at least two identities', String(classNames.length));
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const itemOf = ({ path, identity = '', camera }: Sighting): ImageItem => {
    const label = labels.get(identity);
    if (label === undefined)
      throw dataError(dir, 'validation images of training identities', `identity '${identity}' (${path})`);
    return { path, label, identity: label, ...(camera === undefined ? {} : { camera }) };
  };
  const items: Partial<Record<Split, readonly ImageItem[]>> = { train: train.map(itemOf) };
  if (validation !== undefined) items.test = validation.map(itemOf);
  return { items, classNames };
}

/** Images to be recognised, with what is known of each. */
export interface IdentitySet {
  readonly dataset: Dataset;
  /** Identity per image, the same number for the same identity in all sets; −1: nobody that is asked for. */
  readonly labels: Int32Array;
  /** Where all are known. */
  readonly cameras?: Int32Array | undefined;
}
