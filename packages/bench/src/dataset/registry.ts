import type { Dataset } from '@distilljs/core';
import { loadCifar } from './cifar.js';
import { subset } from './subset.js';
import { synthetic } from './synthetic.js';

/** The datasets that a configuration can name. */
export const datasetNames = ['synthetic', 'cifar10', 'cifar100'] as const;

export type DatasetName = (typeof datasetNames)[number];

/** Where a run's images come from: the `dataset` part of a configuration. */
export type DatasetSource = SyntheticSource | CifarSource;

export interface SyntheticSource {
  readonly name: 'synthetic';
  readonly classes: number;
  readonly superclasses: number;
  readonly trainSize: number;
  readonly testSize: number;
  /** From 0 to 1. */
  readonly difficulty: number;
  readonly imageSize: number;
  /** Of the images alone; it does not change with the run's seed. */
  readonly seed: number;
}

export interface CifarSource {
  readonly name: 'cifar10' | 'cifar100';
  readonly dir: string;
  /** Only the first so many images. Default: all. */
  readonly trainSize?: number | undefined;
  /** Only the first so many images. Default: all. */
  readonly testSize?: number | undefined;
}

/**
 * One split of a configured dataset. Validation images are not one: take them from the training split.
 *
 * @throws DistillError code `data` or `option`, from the loader or generator
 */
export function loadDataset(source: DatasetSource, split: 'train' | 'test'): Dataset {
  if (source.name === 'synthetic') {
    const { classes, superclasses, difficulty, imageSize, seed } = source;
    const size = split === 'train' ? source.trainSize : source.testSize;
    return synthetic({ classes, superclasses, size, difficulty, imageSize, seed, split });
  }
  const size = split === 'train' ? source.trainSize : source.testSize;
  const whole = loadCifar({ kind: source.name, dir: source.dir, split });
  return size === undefined || size >= whole.size
    ? whole
    : subset(
        whole,
        Array.from({ length: size }, (_, index) => index),
      );
}
