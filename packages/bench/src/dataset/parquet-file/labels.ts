import { shownText } from '@distilljs/core';
import { classLabels } from '../array-file/labels.js';
import { dataError } from '../bytes/byte-stream.js';
import { cleanName, sortedNames } from '../label-names.js';
import { namesOf } from './columns.js';
import type { Shard } from './shard.js';

/** The labels of one file: numbers, names, or undefined where there is none. */
export interface Labels {
  /** The file and the column, for messages. */
  readonly where: string;
  readonly values: readonly (number | string | undefined)[];
  /** Names by number, where the hub's metadata has them. */
  readonly described: readonly string[] | undefined;
}

/** The names of all classes, in order of their numbers. */
export interface ClassNames {
  readonly names: readonly string[];
  /** Whether labels are names only: numbers beside them would be taken for places in the order of names. */
  readonly areTexts: boolean;
  /** Whether numbers stand for names that the hub's metadata list. */
  readonly areDescribed: boolean;
  readonly most: number;
}

/**
 * Labels as numbers and names. Names are trimmed; an empty one is no label.
 *
 * @throws DistillError code `data` for values of another kind
 */
export function labelTexts(shard: Shard, column: string, given: readonly unknown[]): Labels {
  const where = `${shard.path}, column '${column}'`;
  const values = given.map((value) => {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'string') return cleanName(value) === '' ? undefined : cleanName(value);
    if (typeof value === 'object') throw otherKind(where, value);
    // Tables with a missing label have NaN in a column of floats.
    return Number.isNaN(Number(value)) ? undefined : Number(value);
  });
  return { where, values, described: namesOf(shard, column) };
}

function otherKind(where: string, value: object): Error {
  const expected = 'labels that are numbers or texts, one per image';
  if (value instanceof Date)
    return dataError(where, expected, 'dates', 'Name the column of the labels in dataset.labelColumn.');
  if (value instanceof Uint8Array)
    return dataError(
      where,
      expected,
      'byte strings',
      'Save the names as texts (in pyarrow: string, not binary).',
    );
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const hint =
      'Save one class per image: of one-hot rows, the place of the 1. Images of several classes at once are another task.';
    const shown = shownText(Array.from(value as ArrayLike<unknown>, String).join(', '), 40);
    return dataError(where, expected, `lists, such as [${shown}]`, hint);
  }
  const fields = Object.keys(value).slice(0, 6).join(', ');
  const hint = 'Save the field that says the class as a column of its own.';
  return dataError(where, expected, `structures with the fields ${shownText(fields, 80)}`, hint);
}

/** More names than any image dataset has. */
const MOST_NAMES = 100_000;

/**
 * Class names from the hub's metadata, else the labels' texts, else numbers up to the highest label.
 *
 * @param train labels of the training images; later ones have no other classes
 * @throws DistillError code `data` where the numbers begin at 1
 */
export function classesOf(train: readonly { readonly labels: Labels }[]): ClassNames {
  const [first] = train;
  const described = first?.labels.described;
  if (described !== undefined) {
    const names = described.map(cleanName);
    return { names, areTexts: false, areDescribed: true, most: names.length };
  }
  const all = new Set(train.flatMap(({ labels }) => labels.values));
  const texts = [...all].filter((value) => typeof value === 'string');
  if (texts.length > 0)
    return { names: sortedNames(texts), areTexts: true, areDescribed: false, most: texts.length };
  const numbers = [...all].filter((value) => typeof value === 'number');
  const count = Math.min(
    numbers.reduce((most, value) => Math.max(most, value), 0),
    MOST_NAMES,
  );
  const names = Array.from({ length: count + 1 }, (_, label) => String(label));
  // Other classes without an image are found when the images are read.
  if (!all.has(0) && count > 0 && names.slice(1).every((_, place) => all.has(place + 1))) {
    const hint = `Do the labels count from 1? ${FROM_ONE}`;
    throw dataError(
      first?.labels.where ?? '',
      'training images of each class',
      `labels from 1 to ${count}`,
      hint,
    );
  }
  return { names, areTexts: false, areDescribed: false, most: names.length };
}

/** Superclasses by name; where they are numbers, they have no names. */
export function groupsOf(train: readonly { readonly superclasses: Labels | undefined }[]): ClassNames {
  const texts = train
    .flatMap(({ superclasses }) => superclasses?.values ?? [])
    .filter((value) => typeof value === 'string');
  return { names: sortedNames(texts), areTexts: texts.length > 0, areDescribed: false, most: 10_000 };
}

const FROM_ONE = 'Subtract 1 from all of them, or save them as texts.';

/**
 * Labels in the order of the classes. A file whose own metadata list the names in another order has other numbers for them.
 *
 * @throws DistillError code `data` for labels that are no class of the training images
 */
export function labelsOf(
  { where, values, described }: Labels,
  { names, areTexts, areDescribed, most }: ClassNames,
): Int32Array {
  const places = new Map(names.map((name, place) => [name, place]));
  const own = described?.map(cleanName);
  // Where the order is the same, equal names of two classes need no telling apart.
  const isTranslated = areTexts || (areDescribed && own?.some((name, at) => name !== names[at]) === true);
  const numbers = Float32Array.from(values, (given) => {
    // Elsewhere −1 marks a missing label.
    if (given === undefined) return -1;
    const label = typeof given === 'number' && isTranslated ? (own?.[given] ?? given) : given;
    if (typeof label === 'number' && !areTexts) return label;
    const place = places.get(String(label));
    if (typeof label === 'string' && place !== undefined) return place;
    const expected = 'classes that the training images have';
    throw typeof label === 'string'
      ? dataError(where, expected, `'${shownText(label, 60)}'`)
      : dataError(where, `${expected}, as texts`, `the number ${label}`);
  });
  const least = numbers.reduce((low, value) => Math.min(low, value), Infinity);
  const highest = numbers.reduce((high, value) => Math.max(high, value), -Infinity);
  return classLabels(
    { values: numbers, least, most: highest },
    {
      where,
      images: numbers.length,
      classes: most,
      unlabelled: ', e.g. dataset.testSplit: validation',
      fromOne: FROM_ONE,
    },
  );
}
