import { z } from 'zod';
import { ENGINES } from '@distilljs/core';
import { modelNames } from '../model/index.js';
import { dataset } from './dataset-schema.js';
import {
  between,
  flag,
  foreign,
  list,
  MOST,
  mapping,
  namedByDefault,
  nonNegative,
  oneOf,
  path,
  positive,
  share,
  span,
  text,
  variantWords,
  whole,
  withHint,
} from './fields.js';

const teacherFields = {
  model: oneOf(modelNames, 'a network of the zoo'),
  /** Default: the run's. */
  epochs: whole(1, MOST.epochs).optional(),
  /** Default: the optimizer's. */
  learningRate: positive().optional(),
  /** Folder or URL of trained weights: no teacher is trained then. */
  path: path().optional(),
};

const liveTeacher = mapping({
  ...teacherFields,
  kind: z.literal('live').optional(),
  /** Augmentations of each image. Default: no end of them. */
  views: whole(1, 1000).optional(),
  cache: z
    .undefined({ error: withHint('nothing with a live teacher', "Set the teacher's kind to cached.") })
    .optional(),
});

const cachedTeacher = mapping({
  ...teacherFields,
  /** Its outputs are computed once per image and view. */
  kind: z.literal('cached'),
  views: whole(
    1,
    1000,
    withHint('a number of views', 'Say how many augmentations of each image the teacher looks at, e.g. 2.'),
  ),
  /** Where the outputs are kept; `disk`: in the run folder. Default: memory. */
  cache: oneOf(['memory', 'disk'], 'a place for cached outputs').optional(),
});

const teacher = z.discriminatedUnion('kind', [liveTeacher, cachedTeacher], {
  error: variantWords('a kind of teacher', `a mapping with ${Object.keys(cachedTeacher.shape).join(', ')}`),
});

/** What a run folder has beside the folders of methods; a file is `.unfinished` while it is written. */
const TAKEN_NAMES = /^(?:(?:teacher|report)|(?:config|environment|data)\.json(?:\.unfinished)?)$/i;
/** Windows keeps these for devices, whatever follows a dot. */
const DEVICE_NAMES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const FOLDER_NAME = 'a name of letters, digits, and . _ + - that is not taken';
const folderName = z
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
  name: text(),
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
}).superRefine(({ name, as }, context) => {
  const asFolder = as === undefined ? folderName.safeParse(name) : undefined;
  for (const { message } of asFolder?.error?.issues ?? []) {
    context.addIssue({ code: 'custom', path: ['name'], message });
  }
});

/** Weight decay is coupled L2 with both. */
const optimizer = namedByDefault(
  'sgd',
  z.discriminatedUnion(
    'name',
    [
      mapping({
        name: z.literal('sgd'),
        learningRate: positive().default(0.05),
        momentum: between(0, 1).default(0.9),
        weightDecay: nonNegative().default(5e-4),
        nesterov: flag().default(false),
      }).refine(({ nesterov, momentum }) => !nesterov || momentum > 0, {
        path: ['momentum'],
        error: 'a number above 0 with nesterov',
      }),
      mapping({
        name: z.literal('adam'),
        learningRate: positive().default(0.001),
        momentum: foreign(0, 'adam', 'sgd'),
        weightDecay: nonNegative().default(0),
        nesterov: foreign(false, 'adam', 'sgd'),
      }),
    ],
    {
      error: variantWords('an optimizer', 'a mapping with name, learningRate, …'),
    },
  ),
);

function noMilestones(name: string): z.ZodDefault<z.ZodArray<z.ZodNumber>> {
  const error = withHint(`nothing with ${name}`, 'It belongs to step.');
  return z.array(z.number({ error }), { error }).max(0, { error }).default([]);
}
/** Epochs over which the rate rises. */
const warmupEpochs = nonNegative().default(0);

const schedule = namedByDefault(
  'cosine',
  z.discriminatedUnion(
    'name',
    [
      mapping({
        name: z.literal('cosine'),
        warmupEpochs,
        milestones: noMilestones('cosine'),
        factor: foreign(1, 'cosine', 'step'),
      }),
      mapping({
        name: z.literal('step'),
        warmupEpochs,
        /** Shares of the run's epochs. */
        milestones: list(share(), 1)
          .superRefine((milestones, context) => {
            milestones.forEach((share, place) => {
              if (share > (milestones[place - 1] ?? 0)) return;
              const message = 'a share above the one before it';
              context.addIssue({ code: 'custom', path: [place], message });
            });
          })
          .default([0.625, 0.75, 0.875]),
        /** The rate is multiplied by it at each milestone. */
        factor: positive().default(0.1),
      }),
      mapping({
        name: z.literal('constant'),
        warmupEpochs: foreign(0, 'constant', 'cosine and step'),
        milestones: noMilestones('constant'),
        factor: foreign(1, 'constant', 'step'),
      }),
    ],
    {
      error: variantWords('a schedule', 'a mapping with name, warmupEpochs, …'),
    },
  ),
);

/**
 * A run's configuration as a user writes it. Everything has a default but the dataset, the teacher's and the
 * student's model; what depends on other fields is filled in by `complete` (resolve.ts).
 */
export const runSchema = mapping({
  /** The preset that the rest stands on. */
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
  student: mapping({ model: oneOf(modelNames, 'a network of the zoo') }),
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
});

/** What a user may write, checked for form. */
export type WrittenConfig = z.output<typeof runSchema>;
/** The same before defaults are filled in. */
export type ConfigInput = z.input<typeof runSchema>;
