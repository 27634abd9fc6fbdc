import { z } from 'zod';
import { datasetNames } from '../dataset/index.js';
import { between, mapping, MOST, path, variantWords, whole } from './fields.js';

const synthetic = mapping({
  name: z.literal('synthetic'),
  classes: whole(2, MOST.classes).default(10),
  superclasses: whole(1, MOST.classes).default(5),
  trainSize: whole(1, MOST.images).default(4000),
  testSize: whole(1, MOST.images).default(1000),
  /** From 0 (clean) to 1. */
  difficulty: between(0, 1).default(0.5),
  /** Edge of an image. */
  imageSize: whole(8, MOST.edge).default(32),
  /** Of the images alone: it does not change with the run's seeds. */
  seed: whole(0, Number.MAX_SAFE_INTEGER).default(0),
});

const cifar = mapping({
  name: z.literal(['cifar10', 'cifar100']),
  /** Folder of the original binary files, or the one that holds it. */
  dir: path(),
  /** Only the first so many images. */
  trainSize: whole(1, MOST.images).optional(),
  testSize: whole(1, MOST.images).optional(),
});

/** Where a run's images come from: one variant per format. */
export const dataset = z.discriminatedUnion('name', [synthetic, cifar], {
  error: variantWords(
    'a name that is known',
    `a mapping with the name of a dataset: ${datasetNames.join(', ')}`,
  ),
});
