import type { DatasetFormat, LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { classItems } from './layout/class-items.js';
import { entryOf, findRoot } from './layout/folders.js';
import { loadLayout } from './layout/load-layout.js';
import type { LayoutOptions } from './layout/load-layout.js';

/** CINIC-10, 270,000 images of 32×32 in three equal parts. */
export interface Cinic10Options extends LayoutOptions {
  /** The folder with train, valid and test, or one that holds it. */
  readonly dir: string;
  /**
   * Train on the validation images too, as CINIC-10 benchmarks usually do. The run then validates on a share of both.
   * Default: false.
   */
  readonly addValidation?: boolean | undefined;
}

/** {@link Cinic10Options} in a configuration. */
export interface Cinic10Source extends Cinic10Options {
  readonly name: 'cinic10';
}

export const cinic10Format: DatasetFormat<Cinic10Source> = {
  summary: 'CINIC-10 (folders train, valid and test) in dataset.dir or --data-dir',
  load: loadCinic10,
};

const CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

const VALID = ['valid', 'val', 'validation'];

/**
 * Reads CINIC-10, by default at 32×32.
 *
 * Source of the data: Darlow et al., "CINIC-10 Is Not ImageNet or CIFAR-10", 2018.
 *
 * @throws DistillError code `data`: a folder of another form, classes without images, damaged images
 */
export async function loadCinic10(
  options: Cinic10Options,
  wanted: readonly Split[] = ['train', 'validation', 'test'],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const layout = cinic10Items(options, wanted);
  return await loadLayout('cinic10', layout, { imageSize: 32, ...options }, wanted, surroundings);
}

/** CINIC-10's files by split, not yet read. */
export function cinic10Items(
  { dir, addValidation = false }: Cinic10Options,
  wanted: readonly Split[],
): LayoutItems {
  const root = findRoot(
    dir,
    (names) => names.has('train') && names.has('test') && VALID.some((name) => names.has(name)),
    "CINIC-10's folder, with train, valid and test",
  );
  const part = (...names: readonly string[]): readonly ImageItem[] =>
    classItems(entryOf(root, ...names) as string, CLASSES);
  const isWanted = (split: Split): boolean => wanted.includes(split);
  return {
    classNames: CLASSES,
    items: {
      ...(isWanted('train') ? { train: [...part('train'), ...(addValidation ? part(...VALID) : [])] } : {}),
      ...(isWanted('validation') && !addValidation ? { validation: part(...VALID) } : {}),
      ...(isWanted('test') ? { test: part('test') } : {}),
    },
  };
}
