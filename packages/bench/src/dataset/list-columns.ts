import { nearestNameHint, shownText } from '@distilljs/core';
import { dataError } from './bytes/byte-stream.js';
import { splitNamed, splitOf } from './bytes/split-names.js';

/** Fields of a line, with their accepted names. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'image'],
  label: ['label', 'class', 'classname', 'class_name'],
  split: ['split', 'subset', 'set'],
  superclass: ['superclass', 'coarse_label'],
  identity: ['identity', 'person', 'pid'],
  camera: ['camera', 'cam', 'camid'],
  weight: ['weight'],
};

/** A line of a list. */
export interface Line {
  readonly line: number;
  /** By the names used here. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Columns that nothing reads. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** The names of a line's fields. */
export const FIELD_NAMES = Object.keys(FIELDS);

/** The text of a field; undefined where it is empty. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A name that occurs twice, in any case: only one of its values would be read. Columns that nothing reads may repeat. */
export function repeated(names: readonly string[]): string | undefined {
  const read = Object.values(FIELDS).flat();
  const folded = names.map((name) => name.trim().toLowerCase());
  return folded.find((name, at) => read.includes(name) && folded.indexOf(name) < at);
}

/** A line with its fields under the names used here, matched in any case. */
export function named(line: number, values: Readonly<Record<string, unknown>>): Line {
  const others = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key.trim().toLowerCase(), value]),
  );
  const fields = Object.fromEntries(
    Object.entries(FIELDS).flatMap(([name, accepted]) => {
      const key = accepted.find((each) => others[each] !== undefined);
      if (key === undefined) return [];
      const value = others[key];
      Reflect.deleteProperty(others, key);
      return [[name, value] as const];
    }),
  );
  return { line, fields, others };
}

/** @throws DistillError code `data` where no line has a path, or none a label */
export function expectColumns(file: string, lines: readonly Line[]): void {
  const [first] = lines;
  const there = [...Object.keys(first?.others ?? {}), ...Object.keys(first?.fields ?? {})];
  for (const name of ['path', 'label']) {
    if (lines.some(({ fields }) => fields[name] !== undefined)) continue;
    const hint =
      there.length === 1 && /\W/.test(there[0] ?? '')
        ? 'The first line names the columns, separated by a comma, a semicolon, a tab or |.'
        : nearestNameHint(name, there);
    const got = there.map((key) => shownText(key, 40)).slice(0, 10);
    throw dataError(`${file}:1`, `a column ${name}`, got.join(', ') || 'no columns', hint);
  }
}

/**
 * A note that names the columns that nothing reads.
 *
 * @throws DistillError code `data` where one of them divides the images into splits and the list has no column for that: images for the
 * test would be trained on
 */
export function unreadColumns(file: string, lines: readonly Line[]): readonly string[] {
  const found = new Map<string, Set<string>>();
  for (const { others } of lines)
    for (const [name, value] of Object.entries(others)) {
      const seen = found.get(name) ?? new Set();
      // A few values tell whether they are splits.
      const text = textOf(value);
      if (text !== undefined && seen.size <= MOST_SPLIT_NAMES) seen.add(text);
      found.set(name, seen);
    }
  const hasSplit = lines.some(({ fields }) => fields['split'] !== undefined);
  for (const [name, seen] of found) {
    const values = [...seen];
    if (hasSplit || !dividesImages(name, values)) continue;
    const hint =
      'Rename it to split, with the values train, val and test. If it says something else, remove it.';
    throw dataError(
      `${file}:1`,
      'a column split, where the images are divided',
      `the column ${shownText(name, 40)} with ${values.join(', ')}`,
      hint,
    );
  }
  const names = [...found.keys()].filter((name) => name !== '');
  if (names.length === 0) return [];
  const shown = names.slice(0, 10).map((name) => shownText(name, 40));
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return [`Columns of the list that are not read: ${shown.join(', ')}${more}.`];
}

const MOST_SPLIT_NAMES = 12;

/** Whether values are names of splits, or yes and no in a column such as `is_test`. */
function dividesImages(name: string, values: readonly string[]): boolean {
  const splits = values.map(splitNamed);
  const isNamed = splits.every((split) => split !== undefined) && splits.some((split) => split !== 'train');
  const isFlag = values.length === 2 && values.every((value) => /^(?:true|false|yes|no|0|1)$/i.test(value));
  return values.length > 0 && (isNamed || (isFlag && splitOf('', name) !== undefined));
}
