import { readFileSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { DistillError, nearestNameHint, shownText } from '@distilljs/core';
import { expectRegularFile } from '../file/index.js';
import { divided, firstOfEach } from './divide.js';
import type { DivideOptions } from './divide.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { imageSet } from './image-set.js';
import type { ImageOptions } from './image-set.js';

/** Images that a file lists. */
export interface ListOptions extends ImageOptions, DivideOptions {
  /** The list: CSV with a header line (`,`, `;` or tab between fields), or JSON lines (`.jsonl`, `.ndjson`, `.json`). */
  readonly file: string;
  /** Folder that the paths of images are relative to. Default: that of the list. */
  readonly dir?: string | undefined;
}

/** The same as a configuration names it. */
export interface ListSource extends ListOptions {
  readonly name: 'list';
}

export const listFormat: DatasetFormat<ListSource> = {
  summary:
    'your images as dataset.file lists them: CSV or JSON lines with path and label, optionally split, superclass, …',
  load: imageList,
};

/** Fields of a line, with other names that they go by. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'image'],
  label: ['label', 'class', 'classname', 'class_name'],
  split: ['split', 'subset', 'set'],
  superclass: ['superclass', 'coarse_label'],
  identity: ['identity', 'person', 'pid'],
  camera: ['camera', 'cam', 'camid'],
  weight: ['weight'],
};

const SPLITS: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/**
 * Images that a CSV or JSON-lines file lists, one a line: `path` and `label`, optionally `split` (train, val or test),
 * `superclass`, `identity`, `camera` and `weight`. Labels that are all whole numbers are classes in their numeric order, others
 * in the byte order of their names. Without test images, `testFraction` of every class is kept for the test.
 *
 * @param wanted Default: all
 * @throws DistillError code `data` that lists what is wrong, with line numbers
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

interface Line {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a list says, none of its images read. */
export async function listItems({ file, dir = dirname(resolve(file)) }: ListOptions): Promise<LayoutItems> {
  expectRegularFile(file, 'a list of images, CSV or JSON lines', 'data');
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const isJson = /^\.(?:jsonl|ndjson|json)$/i.test(extname(file)) || /^\s*\{/.test(text);
  const lines = (isJson ? jsonLines(text, file) : await csvLines(text, file)).map(named);
  if (lines.length === 0) throw dataError(file, 'lines with path and label', 'none');
  expectColumns(file, lines);
  const problems: string[] = [];
  const seen = new Map<string, number>();
  const read = lines.map(({ line, fields }) => {
    const refuse = (what: string): void => void problems.push(`line ${line}: ${what}`);
    const path = textOf(fields['path']);
    const label = textOf(fields['label']);
    const part = textOf(fields['split'])?.toLowerCase();
    const split = part === undefined ? undefined : SPLITS[part];
    if (path === undefined) refuse('no path');
    if (label === undefined) refuse('no label');
    if (part !== undefined && split === undefined)
      refuse(`split '${shownText(part, 40)}' is none of train, val, test`);
    const before = path === undefined ? undefined : seen.get(path);
    if (before !== undefined) refuse(`${shownText(path ?? '', 80)} is in line ${before} already`);
    else if (path !== undefined) seen.set(path, line);
    const weight = textOf(fields['weight']);
    if (weight !== undefined && !(Number.isFinite(Number(weight)) && Number(weight) >= 0))
      refuse(`weight '${shownText(weight, 40)}' is no number of at least 0`);
    return { path: path ?? '', label: label ?? '', split, fields };
  });
  if (problems.length > 0) throw problemsError(file, problems);
  const classNames = namesOf(read.map(({ label }) => label));
  if (classNames.length < 2)
    throw dataError(file, 'labels of at least two classes', `one, ${classNames[0] ?? ''}`);
  const numbers = numbering(classNames);
  const columns = Object.fromEntries(
    (['superclass', 'identity', 'camera'] as const).map((name) => {
      const values = read.map(({ fields }) => textOf(fields[name]));
      return [
        name,
        values.some((value) => value !== undefined)
          ? numbering(namesOf(values.map((value) => value ?? '')))
          : undefined,
      ];
    }),
  );
  const items: Record<Split, ImageItem[]> = { train: [], validation: [], test: [] };
  for (const { path, label, split = 'train', fields } of read) {
    const extra = Object.fromEntries(
      Object.entries(columns).flatMap(([name, places]) =>
        places === undefined ? [] : [[name, places.get(textOf(fields[name]) ?? '') ?? 0] as const],
      ),
    );
    items[split].push({
      path: isAbsolute(path) ? path : join(dir, path),
      label: numbers.get(label) ?? 0,
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
  };
}

function jsonLines(text: string, file: string): readonly Line[] {
  const problems: string[] = [];
  const lines = text.split(/\r?\n/).flatMap((content, at): Line[] => {
    if (content.trim() === '') return [];
    try {
      const fields: unknown = JSON.parse(content);
      if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
        return [{ line: at + 1, fields: fields as Record<string, unknown> }];
      problems.push(`line ${at + 1}: no JSON object`);
    } catch {
      problems.push(`line ${at + 1}: no JSON`);
    }
    return [];
  });
  if (problems.length > 0) throw problemsError(file, problems);
  return lines;
}

async function csvLines(text: string, file: string): Promise<readonly Line[]> {
  const { parse } = await import('csv-parse/sync');
  const [first = ''] = text.split(/\r?\n/, 1);
  const delimiter = [',', ';', '\t'].reduce((best, mark) =>
    first.split(mark).length > first.split(best).length ? mark : best,
  );
  try {
    const rows = parse(text, {
      columns: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }) as unknown as readonly {
      readonly record: Record<string, string>;
      readonly info: { readonly lines: number };
    }[];
    return rows.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    const { lines, message } = error as Error & { readonly lines?: number };
    throw dataError(lines === undefined ? file : `${file}:${lines}`, 'CSV', shownText(message, 160));
  }
}

/** Fields under the names that are used here, whatever case they are in. */
function named({ line, fields }: Line): Line {
  const lower = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key.trim().toLowerCase(), value]),
  );
  const renamed = Object.entries(FIELDS).flatMap(([name, others]) => {
    const key = others.find((other) => lower[other] !== undefined);
    return key === undefined ? [] : [[name, lower[key]] as const];
  });
  return { line, fields: { ...lower, ...Object.fromEntries(renamed) } };
}

function expectColumns(file: string, lines: readonly Line[]): void {
  const [first] = lines;
  const there = Object.keys(first?.fields ?? {});
  for (const name of ['path', 'label']) {
    if (lines.some(({ fields }) => fields[name] !== undefined)) continue;
    const hint = nearestNameHint(name, there);
    throw dataError(
      `${file}:1`,
      `a column ${name}`,
      there
        .map((key) => shownText(key, 40))
        .slice(0, 10)
        .join(', ') || 'no columns',
      hint,
    );
  }
}

/** Splits that a list makes have the same classes. */
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

/** Distinct values: whole numbers in their order, others in byte order. */
function namesOf(values: readonly string[]): readonly string[] {
  const distinct = [...new Set(values)];
  return distinct.every((value) => /^-?\d+$/.test(value))
    ? distinct.sort((a, b) => Number(a) - Number(b))
    : distinct.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const numbering = (names: readonly string[]): ReadonlyMap<string, number> =>
  new Map(names.map((name, at) => [name, at]));

/** A field's text; undefined where it is empty. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function problemsError(file: string, problems: readonly string[]): DistillError {
  const shown = problems.slice(0, 10).join('; ');
  const more = problems.length > 10 ? ` and ${problems.length - 10} more` : '';
  return dataError(
    file,
    'lines with path and label',
    `${problems.length} that are wrong`,
    `${shown}${more}.`,
  );
}

const dataError = (where: string, expected: string, got: string, hint?: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });
