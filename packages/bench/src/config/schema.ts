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
 * What a run folder has beside the folders of methods; a file is `.unfinished` while it is written. Two more are no keys (layers.ts), so that
 * `tune` could not name them.
 */
const TAKEN_NAMES =
  /^(?:(?:teacher|report|tune|tasks|constructor|prototype)|(?:config|environment|data|race|run)\.json(?:\.unfinished)?)$/i;
/** Windows keeps these for devices, whatever follows a dot. */
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
  /** A module or an installed package that has the method. Its code runs in this process. */
  from: path().optional(),
  /** Handed to `runBench` by a program, which has to be there to go on. */
  given: flag().optional(),
  /** What the report calls it, and its folder. Default: the name. */
  as: folderName.optional(),
  options: z
    .record(z.string(), z.unknown(), { error: 'a mapping of options' })
    // Each one that is wrong costs a check of all the others (run/method-problems.ts).
    .refine((options) => Object.keys(options).length <= 100, { error: 'a mapping of at most 100 options' })
    .default({}),
  /**
   * Models of a method that trains several networks together, small and large as you like; the student's is one of them.
   * Default: copies of the student.
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
  /** What the report calls it. Default: the name of the folder or module. */
  model: folderName.optional(),
  path: location().optional(),
  from: path().optional(),
  /** A function that a program handed to `runBench`. */
  given: flag().optional(),
  /** Names for layers, so that methods find what they read. */
  taps: tapNames.optional(),
  /** Weights as they come, or drawn from the run's seed. Default: `keep` with path, else `fresh`. */
  weights: oneOf(['keep', 'fresh'], 'what the first weights are').optional(),
  /** What it was trained with, or is to be. Default: what its folder or module says, else the run's own. */
  normalization: teacherNormalization.optional(),
  /** What the module or function is told. */
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

/** One schema or the other, by what is there: a union of both would say what is wrong with each. */
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

/**
 * A run's configuration as a user writes it. Everything has a default but the dataset, the teacher's and the
 * student's model; what depends on other fields is filled in by `complete` (resolve.ts).
 */
export const runSchema = mapping({
  /** The preset that the rest extends. */
  preset: text().optional(),
  engine: oneOf(['auto', ...ENGINES.map((engine) => engine.name)], 'an engine').default('auto'),
  dataset,
  /** Share of the training images that model selection looks at. */
  validationFraction: share().default(0.1),
  augmentation: mapping({
    /** Pixels of padding before a random crop; 0 for none. Not used beside randomResizedCrop. */
    padCrop: whole(0, MOST.edge).default(4),
    /** Mirror left–right with probability one half. */
    flip: flag().default(true),
    /** For photographs: a part of the image, resized. Shares of its area, and width over height. */
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
    /** Degrees either way. */
    rotation: nonNegative().max(180, { error: 'a number of at most 180' }).optional(),
  }).prefault({}),
  teacher,
  student,
  /** Names, or mappings with `name`, `as`, `options` and `cohort`. */
  methods: list(
    z.preprocess((entry) => (typeof entry === 'string' ? { name: entry } : entry), method),
    1,
  ).prefault(['student', 'kd']),
  seeds: list(whole(0, Number.MAX_SAFE_INTEGER), 1).default([0]),
  epochs: whole(1, MOST.epochs).default(60),
  batchSize: whole(1, MOST.batch).default(64),
  optimizer: optimizer.prefault({}),
  schedule: schedule.prefault({}),
  /** Ends each training by averaging batch norm's statistics over training images: for runs of few steps. */
  settleStatistics: flag().optional(),
  /** Measures every network on corrupted test images too; `true`, or the seed of the noise. */
  corruptions,
  /** Gives up on methods that cannot win any more, so that time goes where it tells most. */
  race,
  ...tuneFields,
});

/** What a user may write, checked for form: with defaults filled in, and before that. */
export type WrittenConfig = z.output<typeof runSchema>;
export type ConfigInput = z.input<typeof runSchema>;
