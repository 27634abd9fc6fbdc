import { relative } from 'node:path';
import type { Dataset } from '@distilljs/core';
import { divided } from './divide.js';
import type { DivideOptions } from './divide.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import { readPeople } from './identity/people.js';
import type { IdentityLists, People, Sighting } from './identity/people.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { imageSet } from './image-set.js';
import type { ImageOptions, ImageSet } from './image-set.js';
import { loadLayout } from './layout/load-layout.js';
import type { LayoutOptions } from './layout/load-layout.js';
import { dataError } from './bytes/byte-stream.js';
import { byNumber } from './bytes/find-files.js';

/** Images of identities (people, faces, products), for metric learning. */
export interface IdentitiesOptions extends LayoutOptions, DivideOptions {
  /** The folder of the set, or one that holds it. */
  readonly dir: string;
  /** Lists of images below the folder. Default: MSMT17's or Market-1501's layout. */
  readonly lists?: IdentityLists | undefined;
}

/** {@link IdentitiesOptions} in a configuration. */
export interface IdentitiesSource extends IdentitiesOptions {
  readonly name: 'identities';
}

export const identitiesFormat: DatasetFormat<IdentitiesSource> = {
  summary:
    'people or faces to tell apart (MSMT17, Market-1501, or lists of path and identity) in dataset.dir or --data-dir; see `distill-bench metrics`',
  load: loadIdentities,
};

/**
 * Reads the training images of a set of identities, which are the classes, by default at 128×64 (height×width). The validation list is
 * the test set; without one, `testFraction` of each identity's images is. {@link loadIdentitySets} reads the other identities, on which
 * embeddings are measured.
 *
 * @throws DistillError code `data`: missing files, damaged lists, damaged images
 */
export async function loadIdentities(
  options: IdentitiesOptions,
  wanted: readonly Split[] = ['train', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const layout = divided(identityItems(options), options);
  return await loadLayout('identities', layout, sized(options), wanted, surroundings);
}

const sized = (options: IdentitiesOptions): IdentitiesOptions & ImageOptions => ({
  imageSize: [128, 64],
  ...options,
});

/**
 * Training images with their identities as classes. Networks are trained and tested as classifiers of these identities.
 * `distill-bench metrics` measures how well they recognize other identities, on queries and gallery.
 */
export function identityItems({ dir, lists }: IdentitiesOptions): LayoutItems {
  const { train, validation } = readPeople(dir, lists);
  const names = new Set(train.map(({ identity }) => identity ?? ''));
  const classNames = [...names].sort((one, other) => byNumber(one, other) || (one < other ? -1 : 1));
  if (classNames.length < 2)
    throw dataError(dir, 'training images of at least two identities', String(classNames.length));
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const itemOf = ({ path, identity = '' }: Sighting): ImageItem => {
    const label = labels.get(identity);
    if (label === undefined)
      throw dataError(dir, 'validation images of training identities', `identity '${identity}' (${path})`);
    return { path, label };
  };
  const items: Partial<Record<Split, readonly ImageItem[]>> = { train: train.map(itemOf) };
  if (validation !== undefined) items.test = validation.map(itemOf);
  return { items, classNames };
}

/** Images to be recognized, with what is known of each. */
export interface IdentitySet {
  readonly dataset: Dataset;
  /** Identity per image, the same number for the same identity in all sets; −1 for distractors. */
  readonly labels: Int32Array;
  /** Camera per image, where all are known. */
  readonly cameras?: Int32Array | undefined;
}

/** The sets that embeddings are measured on, where the data has them. */
export interface IdentitySets {
  readonly query?: IdentitySet | undefined;
  readonly gallery?: IdentitySet | undefined;
  readonly distractors?: IdentitySet | undefined;
}

/**
 * Reads queries, gallery and distractors of a set of identities, at the size of its training images.
 *
 * @throws DistillError code `data`: damaged lists or images, cameras of some images only
 */
export async function loadIdentitySets(
  options: IdentitiesOptions,
  surroundings: Surroundings = {},
): Promise<IdentitySets> {
  const people = readPeople(options.dir, options.lists);
  const numbers = new Map<string, number>();
  const numberOf = (identity: string | undefined): number => {
    if (identity === undefined) return -1;
    const number = numbers.get(identity) ?? numbers.size;
    numbers.set(identity, number);
    return number;
  };
  const sets: Partial<Record<keyof IdentitySets, IdentitySet>> = {};
  expectSameCameras(people, options.dir);
  for (const part of ['query', 'gallery', 'distractors'] as const) {
    const sightings = people[part];
    if (sightings === undefined || sightings.length === 0) continue;
    const known = sightings.map((each) => ({ ...each, identity: numberOf(each.identity) }));
    const of = { name: `identities, ${part}`, root: options.dir, images: sized(options) };
    sets[part] = await identitySet(known, of, surroundings);
  }
  return sets;
}

/** Without some cameras, a query would meet images of its own camera, and all measures would be too high without a word. */
function expectSameCameras({ query, gallery }: Pick<People, 'query' | 'gallery'>, dir: string): void {
  const sides = Object.entries({ query, gallery }).filter(([, sightings]) => (sightings ?? []).length > 0);
  const known = sides.map(([part, sightings = []]) =>
    areAllGiven(sightings, 'camera', `${dir}, ${part}`, dir),
  );
  if (known.every((each) => each === known[0])) return;
  const [withCameras, without] = known[0] === true ? ['query', 'gallery'] : ['gallery', 'query'];
  throw dataError(
    dir,
    'cameras of queries and gallery, or of neither',
    `those of the ${withCameras} alone`,
    `Add the cameras to the list of the ${without}, or leave them out of both.`,
  );
}

/**
 * Whether all images have a value.
 *
 * @throws DistillError code `data` where some have one and others have none
 */
export function areAllGiven(
  items: readonly { readonly path: string; readonly identity?: unknown; readonly camera?: unknown }[],
  field: 'identity' | 'camera',
  where: string,
  root: string,
  kind = 'image',
): boolean {
  const without = items.filter((item) => item[field] === undefined);
  if (without.length === 0 || without.length === items.length) return without.length === 0;
  throw dataError(
    where,
    `${field === 'identity' ? 'an identity' : 'a camera'} for every ${kind}, or for none`,
    `${without.length} of ${items.length} without, the first is ${relative(root, without[0]?.path ?? '')}`,
  );
}

/** Reads images to be recognized. Damaged files may be left out. */
export async function identitySet(
  sightings: readonly Pick<ImageItem, 'path' | 'identity' | 'camera'>[],
  of: Pick<ImageSet, 'name' | 'root' | 'images'>,
  surroundings: Surroundings,
): Promise<IdentitySet> {
  // The label keeps each image's place in the list.
  const items = sightings.map(({ path }, label) => ({ path, label }));
  const layout = { items: { test: items }, classNames: sightings.map((_, place) => String(place)) };
  const { test } = (await imageSet({ ...layout, ...of }, ['test'], surroundings)).splits;
  const kept = test?.labels?.map((place) => place) ?? new Int32Array();
  const haveCameras = sightings.every(({ camera }) => camera !== undefined);
  return {
    dataset: test as Dataset,
    labels: kept.map((place) => sightings[place]?.identity ?? -1),
    cameras: haveCameras ? kept.map((place) => sightings[place]?.camera ?? 0) : undefined,
  };
}
