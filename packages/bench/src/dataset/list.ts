import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { shownText } from '@distilljs/core';
import { cleanName, nameNotes, plainNames, sortedNames } from './label-names.js';
import { dataError } from './bytes/byte-stream.js';
import { splitNamed } from './bytes/split-names.js';
import { divided, firstOfEach } from './divide.js';
import type { DivideOptions } from './divide.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import { areAllGiven, identitySet } from './identities.js';
import type { IdentitySets } from './identities.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { imageSet } from './image-set.js';
import type { ImageOptions } from './image-set.js';
import { expectColumns, FIELD_NAMES, textOf, unreadColumns } from './list-columns.js';
import { listLines, problemsError } from './list-lines.js';

/** Images that a file lists. */
export interface ListOptions extends ImageOptions, DivideOptions {
  /** The list: CSV with a header line (`,`, `;`, tab or `|` between fields), or JSON lines (`.jsonl`, `.ndjson`, `.json`). */
  readonly file: string;
  /** Folder that the paths of images are relative to. Default: that of the list. */
  readonly dir?: string | undefined;
}

/** {@link ListOptions} in a configuration. */
export interface ListSource extends ListOptions {
  readonly name: 'list';
}

export const listFormat: DatasetFormat<ListSource> = {
  summary:
    'your images as dataset.file lists them: CSV or JSON lines with path and label, optionally split, superclass, …',
  load: imageList,
};

/**
 * Images that a CSV or JSON-lines file lists, one per line: `path` and `label`, optionally `split` (train, val or test),
 * `superclass`, `identity`, `camera` and `weight`. If all labels are integers, classes are in numeric order, else in the byte order of
 * their names. Training images may lack a label, or have −1. Without test images, `testFraction` of every class is held out for testing.
 *
 * @param wanted Default: all
 * @throws DistillError code `data` that lists the problems, with line numbers
 */
export async function imageList(
  options: ListOptions,
  wanted: readonly Split[] = ['train', 'validation', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const { file, dir = dirname(resolve(file)) } = options;
  const layout = firstOfEach(divided(await listItems(options), options), options);
  return await imageSet({ ...layout, name: 'list', root: dir, images: options }, wanted, surroundings);
}

/**
 * The test images with the identities and cameras that the list gives. Where all cameras are known, each image is a query for the others,
 * as in re-identification.
 *
 * @returns nothing where the list has no identities
 * @throws DistillError code `data` where some test images have an identity, or a camera, and others have none
 */
export async function loadListIdentities(
  options: ListOptions,
  surroundings: Surroundings = {},
): Promise<IdentitySets> {
  const { file, dir = dirname(resolve(file)) } = options;
  const { test = [] } = firstOfEach(divided(await listItems(options), options), options).items;
  if (!areAllGiven(test, 'identity', file, dir, 'test image')) return {};
  areAllGiven(test, 'camera', file, dir, 'test image');
  const query = await identitySet(test, { name: 'list', root: dir, images: options }, surroundings);
  return { query, ...(query.cameras !== undefined && { gallery: query }) };
}

/** The images of a list, not yet read. */
export async function listItems({ file, dir = dirname(resolve(file)) }: ListOptions): Promise<LayoutItems> {
  const lines = await listLines(file);
  expectColumns(file, lines);
  const notes = unreadColumns(file, lines);
  const problems: string[] = [];
  const seen = new Map<string, number>();
  const read = lines.map(({ line, fields }) => {
    const refuse = (what: string): void => void problems.push(`line ${line}: ${what}`);
    const path = textOf(fields['path']);
    const given = nameOf(fields['label']);
    // As everywhere else, −1 is no class.
    const label = given !== undefined && NO_LABEL.test(given) ? undefined : given;
    for (const name of FIELD_NAMES)
      if (typeof fields[name] === 'object' && fields[name] !== null)
        refuse(`${name} is ${shownText(JSON.stringify(fields[name]), 40)}, neither text nor a number`);
    const part = textOf(fields['split'])?.toLowerCase();
    const split = part === undefined ? undefined : splitNamed(part);
    if (path === undefined) refuse('no path');
    else if (ADDRESS.test(path))
      refuse(`${shownText(path, 80)} is an address: download the image and write its path`);
    if (label === undefined && (split ?? 'train') !== 'train')
      refuse(`no label${given === undefined ? '' : ` (${given})`}, which ${part ?? ''} images need`);
    if (part !== undefined && split === undefined)
      refuse(`split '${shownText(part, 40)}' is not one of train, val, test`);
    // `./a.png` is `a.png`.
    const before = path === undefined ? undefined : seen.get(normalize(path));
    if (before !== undefined) refuse(`${shownText(path ?? '', 80)} is in line ${before} already`);
    else if (path !== undefined) seen.set(normalize(path), line);
    const weight = textOf(fields['weight']);
    if (weight !== undefined && !(Number.isFinite(Number(weight)) && Number(weight) >= 0))
      refuse(`weight '${shownText(weight, 40)}' is not a number of at least 0`);
    return { path: path ?? '', label, isMarked: given !== label, split, fields };
  });
  if (problems.length > 0) throw problemsError(file, problems);
  // A table with a missing label may have the others as 2.0.
  const labels = plainNames(read.map(({ label }) => label));
  const classNames = sortedNames(labels.flatMap((label) => label ?? []));
  const marked = read.filter(({ isMarked }) => isMarked).length;
  if (classNames.length < 2) {
    const hint =
      marked === 0
        ? undefined
        : 'The label −1 means no label: write the names of the classes, or numbers from 0.';
    throw dataError(file, 'labels of at least two classes', classNames[0] ?? 'none', hint);
  }
  const numbers = numbering(classNames);
  const named = (name: string): readonly (string | undefined)[] =>
    read.map(({ fields }) => nameOf(fields[name]));
  const groups = named('superclass');
  const columns = {
    // Where some images have a superclass, those without make one of their own.
    superclass: numbered(
      groups.some((group) => group !== undefined) ? groups.map((group) => group ?? '') : groups,
    ),
    identity: numbered(named('identity')),
    camera: numbered(named('camera')),
  };
  const items: Record<Split, ImageItem[]> = { train: [], validation: [], test: [] };
  for (const [at, { path, split = 'train', fields }] of read.entries()) {
    const label = labels[at];
    const extra = Object.fromEntries(
      Object.entries(columns).flatMap(([name, numbers]) =>
        numbers[at] === undefined ? [] : [[name, numbers[at]] as const],
      ),
    );
    items[split].push({
      path: placeOf(path, dir),
      // −1: without a label, for methods that need none.
      label: label === undefined ? -1 : (numbers.get(label) ?? 0),
      ...extra,
      ...(textOf(fields['weight']) !== undefined && { weight: Number(textOf(fields['weight'])) }),
    });
  }
  expectAllClasses(file, items, classNames);
  return {
    items: Object.fromEntries(
      Object.entries(items).filter(([split, of]) => split === 'train' || of.length > 0),
    ),
    classNames,
    notes: [
      ...notes,
      ...(marked === 0
        ? []
        : [`${marked} image${marked === 1 ? ' has' : 's have'} the label −1, which means no label.`]),
      ...nameNotes(classNames),
    ],
  };
}

/** Lists from Windows have backslashes between folders, which may be part of a name elsewhere. */
function placeOf(path: string, dir: string): string {
  if (isAbsolute(path)) return path;
  const place = join(dir, path);
  return path.includes('\\') && !existsSync(place) ? join(dir, path.replaceAll('\\', '/')) : place;
}

/** `https://…`, `s3://…`; not `C:\images`. */
const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;

const NO_LABEL = /^-1(?:\.0+)?$/;

/** The text of a field that names a class or the like. */
const nameOf = (value: unknown): string | undefined => {
  const text = textOf(value);
  return text === undefined ? undefined : cleanName(text);
};

/** Checks that all splits of a list have the same classes. */
function expectAllClasses(
  file: string,
  items: Readonly<Record<Split, readonly ImageItem[]>>,
  names: readonly string[],
): void {
  const lacking = Object.entries(items).flatMap(([split, list]) => {
    if (list.length === 0 && split !== 'train') return [];
    const found = new Set(list.map(({ label }) => label));
    const empty = names.filter((_, label) => !found.has(label));
    return empty.length === 0
      ? []
      : [
          `${split} has none of ${empty
            .slice(0, 10)
            .map((name) => shownText(name, 60))
            .join(', ')}`,
        ];
  });
  if (lacking.length > 0)
    throw dataError(file, `images of each of the ${names.length} classes in every split`, lacking.join('; '));
}

const numbering = (names: readonly string[]): ReadonlyMap<string, number> =>
  new Map(names.map((name, at) => [name, at]));

/** The place of each name among all different ones, in their order; undefined where there is none. */
function numbered(names: readonly (string | undefined)[]): readonly (number | undefined)[] {
  const places = numbering(sortedNames(names.flatMap((name) => name ?? [])));
  return names.map((name) => (name === undefined ? undefined : places.get(name)));
}
