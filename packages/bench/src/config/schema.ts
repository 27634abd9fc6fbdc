import { z } from 'zod';
import { ENGINES } from '@distilljs/core';
import { modelNames } from '../model/index.js';
import { dataset } from './dataset-schema.js';
import { nameOfModule } from './module-name.js';
import { location, tapNames, teacher, teacherNormalization } from './teacher-schema.js';
import { optimizer, schedule } from './optimizer-schema.js';
import { corruptions, race } from './race.js';
import { tuneFields } from './tune.js';
import {
  flag,
  isMapping,
  list,
  MOST,
  mapping,
  nonNegative,
  oneOf,
  path,
  share,
  span,
  text,
  whole,
  withHint,
} from './fields.js';

/**
 * Names in a run folder that no method may take; a file is `.unfinished` while it is written. `constructor` and `prototype` are here
 * because they are no valid keys (layers.ts), so `tune` could not name such a method.
 */
const TAKEN_NAMES =
  /^(?:(?:teacher|report|tune|tasks|constructor|prototype)|(?:config|environment|data|race|run)\.json(?:\.unfinished)?)$/i;
/** Windows reserves these names for devices, with any extension. */
const DEVICE_NAMES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const FOLDER_NAME = 'a name of letters, digits, and . _ + - that is not taken';
export const folderName = z
  .string({ error: FOLDER_NAME })
  .max(64, { error: 'a name of at most 64 characters' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, { error: FOLDER_NAME })
  .refine((name) => !TAKEN_NAMES.test(name), { error: FOLDER_NAME })
  .refine((name) => !DEVICE_NAMES.test(name), {
    error: withHint('a name that every system takes', 'Windows keeps it for a device.'),
  })
  .refine((name) => !name.endsWith('.'), {
    error: withHint('a name that every system takes', 'Windows drops dots at the end.'),
  });

const method = mapping({
  name: text().optional(),
  /** A module or installed package with the method. Its code runs in this process. */
  from: path().optional(),
  /** Passed to `runBench` by a program; only that program can resume the run. */
  given: flag().optional(),
  /** Its name in the report, and its folder's. Default: `name`. */
  as: folderName.optional(),
  options: z
    .record(z.string(), z.unknown(), { error: 'a mapping of options' })
    // Each wrong option costs another check of all the others (run/method-problems.ts).
    .refine((options) => Object.keys(options).length <= 100, { error: 'a mapping of at most 100 options' })
    .default({}),
  /**
   * Models of a method that trains several networks together, of any size; the student's must be among them. Default: copies of
   * the student.
   */
  cohort: list(oneOf(modelNames, 'a network of the zoo'), 2, MOST.networks).optional(),
})
  .superRefine(({ name, as, from }, context) => {
    const known = name ?? (from === undefined ? undefined : nameOfModule(from));
    const wrong =
      known === undefined ? text().safeParse(known) : as === undefined && folderName.safeParse(known);
    for (const { message } of wrong === false ? [] : (wrong.error?.issues ?? [])) {
      context.addIssue({ code: 'custom', path: ['name'], message });
    }
  })
  .transform(({ name, from, given, ...rest }) => ({
    name: name ?? nameOfModule(from ?? ''),
    ...(from !== undefined && { from }),
    ...(given === true && { given }),
    ...rest,
  }));

const zooStudent = mapping({ model: oneOf(modelNames, 'a network of the zoo') });

/** A student from outside: a tfjs layers model to start from, or a module that builds one. */
const foreignStudent = mapping({
  /** Its name in the report. Default: the name of the folder or module. */
  model: folderName.optional(),
  path: location().optional(),
  from: path().optional(),
  /** A function that a program passed to `runBench`. */
  given: flag().optional(),
  /** Layer names by tap, so that methods find the layers that they read. */
  taps: tapNames.optional(),
  /** Initial weights: as given, or drawn from the run's seed. Default: `keep` with path, else `fresh`. */
  weights: oneOf(['keep', 'fresh'], 'keep or fresh').optional(),
  /** Normalization of its input. Default: that of its folder or module, else the run's. */
  normalization: teacherNormalization.optional(),
  /** Options for the module or function. */
  options: z.record(z.string(), z.unknown(), { error: 'a mapping of options' }).optional(),
}).superRefine((given, context) => {
  if (given.path !== undefined && given.from !== undefined)
    context.addIssue({ code: 'custom', path: ['from'], message: 'one of path and from' });
  if (given.from === undefined && given.given !== true && given.options !== undefined)
    context.addIssue({
      code: 'custom',
      path: ['options'],
      message: withHint('nothing with path', 'It belongs to from.'),
    });
});

type StudentFields = Partial<z.output<typeof foreignStudent>>;

/** Picks one schema by the fields present: a union would report the problems of both. */
const student = z.unknown().transform((value, context): StudentFields & { readonly model: string } => {
  const isForeign = isMapping(value) && ['path', 'from', 'given'].some((kind) => value[kind] !== undefined);
  const { data, error } = (isForeign ? foreignStudent : zooStudent).safeParse(value);
  for (const issue of error?.issues ?? []) context.addIssue({ ...issue });
  if (data === undefined) return z.NEVER;
  const given: StudentFields = data;
  const place = given.from ?? given.path?.replace(/[\\/](?:model\.json)?$/, '') ?? '';
  const name = given.model ?? nameOfModule(given.from ?? `./${place}`);
  const isTaken = isForeign && given.model === undefined && modelNames.some((model) => model === name);
  return { ...given, model: isTaken ? `own-${name}` : name };
});

/** The methods of a configuration that lists none. */
export const DEFAULT_METHODS = ['student', 'kd'];

/**
 * A run's configuration as a user writes it. Everything has a default except the dataset, the teacher and the student; `complete`
 * (resolve.ts) fills in what depends on other fields.
 */
export const runSchema = mapping({
  /** The preset that the rest extends. */
  preset: text().optional(),
  engine: oneOf(['auto', ...ENGINES.map((engine) => engine.name)], 'an engine').default('auto'),
  dataset,
  /** Share of the training images held out for validation, where the data has no validation images. */
  validationFraction: share().default(0.1),
  augmentation: mapping({
    /** Pixels of padding before a random crop; 0 for none. Not used beside randomResizedCrop. */
    padCrop: whole(0, MOST.edge).default(4),
    /** Flip horizontally with probability 0.5. */
    flip: flag().default(true),
    /** For photographs: a random part of the image, resized. `scale`: share of its area; `ratio`: width over height. */
    randomResizedCrop: mapping({
      scale: span(1, 'two numbers above 0 and at most 1, the lower first').default([0.08, 1]),
      ratio: span(100, 'two numbers above 0, the lower first').default([3 / 4, 4 / 3]),
    }).optional(),
    /** Each factor is drawn from 1 − strength (at least 0) to 1 + strength. */
    colorJitter: mapping({
      brightness: nonNegative().default(0),
      contrast: nonNegative().default(0),
      saturation: nonNegative().default(0),
    }).optional(),
    /** Largest rotation in either direction, degrees. */
    rotation: nonNegative().max(180, { error: 'a number of at most 180' }).optional(),
  }).prefault({}),
  teacher,
  student,
  /** Names, or mappings with `name`, `as`, `options` and `cohort`. */
  methods: list(
    z.preprocess((entry) => (typeof entry === 'string' ? { name: entry } : entry), method),
    1,
  ).prefault(DEFAULT_METHODS),
  seeds: list(whole(0, Number.MAX_SAFE_INTEGER), 1).default([0]),
  epochs: whole(1, MOST.epochs).default(60),
  batchSize: whole(1, MOST.batch).default(64),
  optimizer: optimizer.prefault({}),
  schedule: schedule.prefault({}),
  /** Ends each training by averaging batch norm's statistics over training images, for runs of few steps. */
  settleStatistics: flag().optional(),
  /** Measures every network on corrupted test images too; `true`, or the seed of the noise. */
  corruptions,
  /** Drops methods that can no longer win, so that time goes to the remaining ones. */
  race,
  ...tuneFields,
});

/** A user's configuration, checked for form with defaults filled in, and before the check. */
export type WrittenConfig = z.output<typeof runSchema>;
export type ConfigInput = z.input<typeof runSchema>;
