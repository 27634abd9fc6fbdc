import { basename, dirname } from 'node:path';
import { dataError } from './bytes/byte-stream.js';
import { findFiles } from './bytes/find-files.js';
import { splitOf } from './bytes/split-names.js';
import { divided } from './divide.js';
import type { DivideOptions } from './divide.js';
import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { nameNotes } from './label-names.js';
import { loadLayout } from './layout/load-layout.js';
import type { LayoutOptions } from './layout/load-layout.js';
import { columnsOf, imageBytes } from './parquet-file/columns.js';
import type { ColumnNames } from './parquet-file/columns.js';
import { classesOf, groupsOf, labelTexts, labelsOf } from './parquet-file/labels.js';
import type { ClassNames, Labels } from './parquet-file/labels.js';
import { openShard } from './parquet-file/shard.js';
import type { Shard } from './parquet-file/shard.js';

/** A Parquet image set as hubs publish them. */
export interface ParquetOptions extends ColumnNames, LayoutOptions, DivideOptions {
  /** The folder of the files, or one that holds it; or one file. */
  readonly dir: string;
  /** The split to test on. Default: the test files, else the validation files. */
  readonly testSplit?: 'test' | 'validation' | undefined;
}

/** {@link ParquetOptions} in a configuration. */
export interface ParquetSource extends ParquetOptions {
  readonly name: 'parquet';
}

export const parquetFormat: DatasetFormat<ParquetSource> = {
  summary:
    'Parquet image sets as hubs publish them (train-00000-of-00002.parquet, …; columns image and label) in dataset.dir or --data-dir',
  load: loadParquet,
};

/**
 * Reads a Parquet image set, by default at 64×64, with any number of files per split. Columns are `image` (`{ bytes, path }`, or bytes)
 * and `label`, or `img`, `fine_label` and `coarse_label`. Class names come from the metadata that hubs write. Without test images, the
 * validation images are the test set; without those, `testFraction` of every class is held out.
 *
 * @throws DistillError code `data`: files that are missing, damaged, or that do not fit together; damaged images
 */
export async function loadParquet(
  options: ParquetOptions,
  wanted: readonly Split[] = ['train', 'validation', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const { hasTest, ...layout } = await parquetItems(options, wanted);
  const parts = hasTest ? layout : divided(layout, options);
  return await loadLayout('parquet', parts, { imageSize: 64, ...options }, wanted, surroundings);
}

/** Images of the wanted splits, with class names from the files. */
export interface ParquetItems extends LayoutItems {
  /** There are files of test images. */
  readonly hasTest: boolean;
}

/**
 * The rows of all shards as encoded images: labels are read now, images on demand.
 *
 * @throws DistillError code `data`: missing files or shards, damaged ones, or ones that do not fit together
 */
export async function parquetItems(source: ParquetOptions, wanted: readonly Split[]): Promise<ParquetItems> {
  const { files, notes } = shardFiles(source);
  const parts = new Map<Split, readonly LabelledShard[]>();
  for (const [split, paths] of files) {
    // The classes come from the training labels.
    if (split !== 'train' && !wanted.includes(split)) continue;
    const shards: LabelledShard[] = [];
    for (const path of paths) shards.push(await labelledShard(path, source));
    parts.set(split, shards);
  }
  const train = parts.get('train') ?? [];
  const classes = classesOf(train);
  const groups = groupsOf(train);
  const items: Partial<Record<Split, readonly ImageItem[]>> = {};
  for (const [split, shards] of parts)
    items[split] = shards.flatMap((shard) => itemsOf(shard, classes, groups));
  const { names: classNames } = classes;
  return { items, classNames, notes: [...notes, ...nameNotes(classNames)], hasTest: files.has('test') };
}

function shardFiles({ dir, testSplit }: ParquetOptions): {
  readonly files: ReadonlyMap<Split, readonly string[]>;
  readonly notes: readonly string[];
} {
  const what = 'Parquet files (train-00000-of-00001.parquet, …)';
  const all = findFiles(dir, (name) => /\.parquet$/i.test(name), what);
  const files = new Map<Split, readonly string[]>();
  for (const path of all) {
    const split = splitOf(path) ?? (all.length === 1 ? 'train' : undefined);
    if (split === undefined)
      throw dataError(path, 'a name that says train, validation or test', basename(path), 'Rename the file.');
    files.set(split, [...(files.get(split) ?? []), path]);
  }
  if (!files.has('train')) {
    const got = all
      .slice(0, 6)
      .map((path) => basename(path))
      .join(', ');
    throw dataError(dir, 'Parquet files of training images (train-….parquet)', got);
  }
  for (const [split, paths] of files) expectAllShards(dir, split, paths);
  const validation = files.get('validation');
  const isTest = testSplit === 'validation' || (testSplit === undefined && !files.has('test'));
  if (!isTest || validation === undefined) {
    if (testSplit !== undefined && !files.has(testSplit))
      throw dataError(dir, `Parquet files of ${testSplit} images`, [...files.keys()].join(', '));
    return { files, notes: [] };
  }
  files.set('test', validation);
  files.delete('validation');
  const note = 'There are no test images: the validation images are used for the test.';
  return { files, notes: testSplit === undefined ? [note] : [] };
}

/** Checks that one folder holds all numbered shards (`train-00000-of-00002.parquet`, …). */
function expectAllShards(dir: string, split: Split, paths: readonly string[]): void {
  const folders = [...new Set(paths.map(dirname))];
  if (folders.length > 1) {
    const hint = 'The folder has several versions of the set: name one of these folders.';
    throw dataError(dir, `${split} files in one folder`, folders.slice(0, 6).join(', '), hint);
  }
  const counts = paths.map((path) => /-(\d+)-of-(\d+)/.exec(basename(path)));
  const most = Math.max(0, ...counts.map((match) => Number(match?.[2] ?? 0)));
  const there = new Set(counts.map((match) => Number(match?.[1] ?? -1)));
  if (most === 0 || most > 100_000) return;
  const missing = Array.from({ length: most }, (_, at) => at).filter((at) => !there.has(at));
  if (missing.length === 0) return;
  const got = `${paths.length}; ${missing.slice(0, 6).join(', ')}${missing.length > 6 ? ', …' : ''} missing`;
  throw dataError(dir, `${most} ${split} files, as their names say`, got, 'Copy or download the others.');
}

interface LabelledShard {
  readonly shard: Shard;
  readonly columns: ReturnType<typeof columnsOf>;
  readonly labels: Labels;
  readonly superclasses: Labels | undefined;
}

async function labelledShard(path: string, names: ColumnNames): Promise<LabelledShard> {
  const shard = await openShard(path);
  const columns = columnsOf(shard, names);
  const of = async (column: string): Promise<Labels> => labelTexts(shard, column, await shard.values(column));
  return {
    shard,
    columns,
    labels: await of(columns.label),
    superclasses: columns.superclass === undefined ? undefined : await of(columns.superclass),
  };
}

function itemsOf(
  { shard, columns, labels, superclasses }: LabelledShard,
  classes: ClassNames,
  groups: ClassNames,
): ImageItem[] {
  const { path, stamp } = shard;
  const numbers = labelsOf(labels, classes);
  const coarse = superclasses && labelsOf(superclasses, groups);
  return Array.from(numbers, (label, row) => ({
    path: `${path}#${row}`,
    label,
    ...(coarse === undefined ? {} : { superclass: coarse[row] ?? 0 }),
    source: {
      // Another column has other images.
      stamp: `${stamp} ${columns.image} ${row}`,
      read: async () => imageBytes(await shard.cell(columns.image, row), `${path}, row ${row}`),
    },
  }));
}
