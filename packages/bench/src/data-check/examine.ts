import { createHash } from 'node:crypto';
import type { Dataset } from '@distilljs/core';
import { channelStatistics } from '@distilljs/core';
import { imageFacts, loadSplits } from '../dataset/index.js';
import type { DamagedFile, DatasetSource, Split, Surroundings } from '../dataset/index.js';

/** Statistics of a dataset. */
export interface DataStats {
  readonly dataset: string;
  readonly classNames: readonly string[];
  readonly splits: readonly SplitStats[];
  readonly notes: readonly string[];
}

export interface SplitStats {
  readonly split: Split;
  readonly images: number;
  /** Height, width, channels, as the networks see them. */
  readonly imageShape: readonly [number, number, number];
  /** Images per class, in the order of the class names. */
  readonly perClass: readonly number[];
  /** Per channel, of pixels in 0…1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly fingerprint: string;
}

/** Damaged files and duplicates of a dataset. */
export interface DataFaults {
  readonly dataset: string;
  readonly images: number;
  readonly damaged: readonly DamagedFile[];
  /** Groups of images with equal pixels. */
  readonly duplicates: readonly Duplicates[];
  /** What else is noticeable, such as classes of almost one name. */
  readonly notes: readonly string[];
}

export interface Duplicates {
  readonly images: readonly DuplicateImage[];
  /** Whether they occur in more than one split (leakage). */
  readonly acrossSplits: boolean;
  /** Whether they occur in more than one class. */
  readonly acrossClasses: boolean;
}

export interface DuplicateImage {
  readonly split: Split;
  /** Path of the file, or the image's index in the split. */
  readonly name: string;
  readonly label: number;
}

const SPLITS: readonly Split[] = ['train', 'validation', 'test'];

/** Loads the splits of a dataset without damaged files. */
export async function loadChecked(
  source: DatasetSource,
  surroundings: Surroundings,
): Promise<{ readonly splits: readonly (readonly [Split, Dataset])[]; readonly notes: readonly string[] }> {
  const lenient = 'onDamaged' in source ? { ...source, onDamaged: 'skip' as const } : source;
  const { splits, notes = [] } = await loadSplits(lenient, SPLITS, surroundings);
  return {
    splits: SPLITS.flatMap((split) => (splits[split] === undefined ? [] : [[split, splits[split]] as const])),
    notes,
  };
}

/** Counts, sizes and channel statistics. */
export async function dataStats(source: DatasetSource, surroundings: Surroundings = {}): Promise<DataStats> {
  const { splits, notes } = await loadChecked(source, surroundings);
  const stats: SplitStats[] = [];
  for (const [split, dataset] of splits) {
    const perClass = new Array<number>(dataset.classes).fill(0);
    for (const label of dataset.labels?.filter((each) => each >= 0) ?? [])
      perClass[label] = (perClass[label] ?? 0) + 1;
    const { mean, std } = await channelStatistics(dataset);
    const { size: images, imageShape, fingerprint } = dataset;
    stats.push({ split, images, imageShape, perClass, mean, std, fingerprint });
  }
  const [first] = splits;
  const classNames = first?.[1].classNames ?? stats[0]?.perClass.map((_, label) => `class ${label}`) ?? [];
  return { dataset: source.name, classNames, splits: stats, notes };
}

/** Finds damaged files and duplicate images, which have equal pixels at the training size. */
export async function dataFaults(
  source: DatasetSource,
  surroundings: Surroundings = {},
): Promise<DataFaults> {
  const { splits, notes } = await loadChecked(source, surroundings);
  const groups = new Map<string, DuplicateImage[]>();
  let images = 0;
  for (const [split, dataset] of splits) {
    const facts = imageFacts(dataset);
    images += dataset.size;
    for (let index = 0; index < dataset.size; index++) {
      const key = facts?.digests[index] ?? (await pixelDigest(dataset, index));
      const image = {
        split,
        name: facts?.paths[index] ?? `image ${index}`,
        label: dataset.labels?.[index] ?? -1,
      };
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [image]);
      else group.push(image);
    }
  }
  const duplicates = [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group): Duplicates => ({
      images: group,
      acrossSplits: new Set(group.map(({ split }) => split)).size > 1,
      // An image without a label is of no other class.
      acrossClasses: new Set(group.map(({ label }) => label).filter((label) => label >= 0)).size > 1,
    }));
  const [first] = splits;
  const damaged = first === undefined ? [] : (imageFacts(first[1])?.damaged ?? []);
  // The last note would list the damaged files again.
  const others = damaged.length === 0 ? notes : notes.slice(0, -1);
  return { dataset: source.name, images, damaged, duplicates, notes: others };
}

async function pixelDigest(dataset: Dataset, index: number): Promise<string> {
  const pixels = await dataset.image(index);
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}
