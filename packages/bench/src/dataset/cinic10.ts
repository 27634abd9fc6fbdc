import type { Split } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { classItems } from './layout/class-items.js';
import { entryOf, findRoot } from './layout/folders.js';

/** CINIC-10, 270,000 images of 32×32 in three equal parts. */
export interface Cinic10Source {
  readonly name: 'cinic10';
  /** The folder with train, valid and test, or one that holds it. */
  readonly dir: string;
  /**
   * Train on the images for validation, too, as is usual for its benchmarks. The run then validates on a share of both.
   * Default: false.
   */
  readonly addValidation?: boolean | undefined;
}

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

/** Source of the data: Darlow et al., "CINIC-10 Is Not ImageNet or CIFAR-10", 2018. */
export function cinic10Items(
  { dir, addValidation = false }: Omit<Cinic10Source, 'name'>,
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
