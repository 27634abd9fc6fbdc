import { z } from 'zod';
import { ENGINES } from '@distilljs/core';
import { datasetNames } from '../dataset/index.js';
import { modelNames } from '../model/index.js';
import { between, flag, list, mapping, oneOf, positive, share, text, whole } from './fields.js';

/** What a run folder has beside the folders of methods; a file is `.unfinished` while it is written. */
const TAKEN_NAMES = ['teacher', 'report', 'config.json', 'environment.json', 'data.json'];
const isTaken = (name: string): boolean =>
  TAKEN_NAMES.includes(name.toLowerCase().replace(/\.unfinished$/, ''));

const synthetic = mapping({
  name: z.literal('synthetic'),
  classes: whole(2).default(10),
  superclasses: whole(1).default(5),
  trainSize: whole(1).default(4000),
  testSize: whole(1).default(1000),
  /** From 0 (clean) to 1. */
  difficulty: between(0, 1).default(0.5),
  /** Edge of an image. */
  imageSize: whole(8).default(32),
  /** Of the images alone: it does not change with the run's seeds. */
  seed: whole(0).default(0),
});

const cifar = mapping({
  name: z.literal(['cifar10', 'cifar100']),
  /** Folder of the original binary files, or the one that holds it. */
  dir: text(),
  /** Only the first so many images. */
  trainSize: whole(1).optional(),
  testSize: whole(1).optional(),
});

const dataset = z.discriminatedUnion('name', [synthetic, cifar], {
  error: `a mapping with the name of a dataset: ${datasetNames.join(', ')}`,
});

const folderName = 'a name of letters, digits, and . _ + - that is not taken';
const method = mapping({
  name: text(),
  /** What the report calls it, and its folder. Default: the name. */
  as: z
    .string({ error: folderName })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, { error: folderName })
    .refine((name) => !isTaken(name), { error: folderName })
    .optional(),
  options: z.record(z.string(), z.unknown(), { error: 'a mapping of options' }).default({}),
  /**
   * Models of a method that trains several networks together, small and large as you like; the student's is one of them.
   * Default: copies of the student.
   */
  cohort: list(oneOf(modelNames, 'a network of the zoo'), 2).optional(),
});

const optimizer = mapping({
  name: oneOf(['sgd', 'adam'], 'an optimizer').default('sgd'),
  /** Default 0.05 for sgd, 0.001 for adam. */
  learningRate: positive().optional(),
  /** sgd only; default 0.9. */
  momentum: between(0, 1).optional(),
  /** Coupled L2. Default 5e-4 for sgd, 0 for adam. */
  weightDecay: between(0, Infinity).optional(),
  /** sgd only; default false. */
  nesterov: flag().optional(),
});

const schedule = mapping({
  name: oneOf(['cosine', 'step', 'constant'], 'a schedule').default('cosine'),
  /** Epochs over which the rate rises. */
  warmupEpochs: between(0, Infinity).default(0),
  /** step only: shares of the run's epochs, rising; default [0.625, 0.75, 0.875]. */
  milestones: list(share(), 0).optional(),
  /** step only: the rate is multiplied by it at each milestone; default 0.1. */
  factor: positive().optional(),
});

/**
 * A run's configuration as a user writes it. Everything has a default but the dataset, the teacher's and the
 * student's model; what depends on other fields is filled in by `complete`.
 */
export const runSchema = mapping({
  /** The preset that the rest stands on. */
  preset: text().optional(),
  engine: oneOf(['auto', ...ENGINES.map((engine) => engine.name)], 'an engine').default('auto'),
  dataset,
  /** Share of the training images that model selection looks at. */
  validationFraction: share().default(0.1),
  augmentation: mapping({
    /** Pixels of padding before a random crop; 0 for none. */
    padCrop: whole(0).default(4),
    /** Mirror left–right with probability one half. */
    flip: flag().default(true),
  }).prefault({}),
  teacher: mapping({
    model: oneOf(modelNames, 'a network of the zoo'),
    /** Default: the run's. */
    epochs: whole(1).optional(),
    /** Default: the optimizer's. */
    learningRate: positive().optional(),
    /** `cached`: its outputs are computed once per image and view. Default: live. */
    kind: oneOf(['live', 'cached'], 'a kind of teacher').optional(),
    /** Augmentations of each image. Default for a live teacher: no end of them. */
    views: whole(1).optional(),
    /** Where cached outputs are kept; `disk`: in the run folder. Default: memory. */
    cache: oneOf(['memory', 'disk'], 'a place for cached outputs').optional(),
    /** Folder or URL of trained weights: no teacher is trained then. */
    path: text().optional(),
  }),
  student: mapping({ model: oneOf(modelNames, 'a network of the zoo') }),
  /** Names, or mappings with `name`, `as`, `options` and `cohort`. */
  methods: list(
    z.preprocess((entry) => (typeof entry === 'string' ? { name: entry } : entry), method),
    1,
  ).prefault(['student', 'kd']),
  seeds: list(whole(0), 1).default([0]),
  epochs: whole(1).default(60),
  batchSize: whole(1).default(64),
  optimizer: optimizer.prefault({}),
  schedule: schedule.prefault({}),
});

/** What a user may write, checked for form. */
export type WrittenConfig = z.output<typeof runSchema>;
/** The same before defaults are filled in. */
export type ConfigInput = z.input<typeof runSchema>;
