import { z } from 'zod';
import { CLASSES_PER_SUPERCLASS } from '../dataset/index.js';
import { batchConflicts, imageConflicts, sizeOf } from './memory-rules.js';
import { methodConflicts } from './method-rules.js';
import type { Surroundings } from './method-rules.js';
import type { Conflict } from './problem.js';
import { allSeeds } from './race.js';
import { runSchema } from './schema.js';
import type { WrittenConfig } from './schema.js';
import { tuningConflicts } from './tune.js';

/**
 * What does not fit together in a configuration. Each rule looks at fields that are right by themselves: a mistake in one
 * part does not hide those in others.
 *
 * @param merged as it was written, whether it is right or not
 */
export function conflicts(merged: unknown, surroundings: Surroundings): readonly Conflict[] {
  const found: Conflict[] = [];
  for (const [keys, rule] of RULES) {
    // Not strict: the other fields are there as well.
    const { data } = z
      .object(Object.fromEntries(keys.map((key) => [key, runSchema.shape[key]])))
      .safeParse(merged);
    if (data !== undefined) found.push(...rule(data as unknown as WrittenConfig, surroundings));
  }
  return [...methodConflicts(merged, surroundings), ...found];
}

type Rule = (written: WrittenConfig, surroundings: Surroundings) => readonly Conflict[];

const RULES: readonly (readonly [keys: readonly (keyof WrittenConfig)[], rule: Rule])[] = [
  [['seeds'], seedConflicts],
  [['teacher'], teacherConflicts],
  [['dataset'], classConflicts],
  [['dataset'], imageConflicts],
  [['dataset', 'batchSize'], batchConflicts],
  [['dataset', 'augmentation'], cropConflicts],
  [['schedule', 'epochs', 'teacher'], warmUpConflicts],
  [
    ['tune', 'tuning', 'seeds', 'race'],
    (written) => tuningConflicts({ ...written, seeds: allSeeds(written) }),
  ],
  [['race', 'methods', 'seeds'], raceConflicts],
];

/** What only a teacher from outside has. */
const OF_A_PATH = ['normalization', 'imageSize', 'logitsFrom', 'classes', 'taps', 'layout'] as const;

function teacherConflicts({ teacher }: WrittenConfig): Conflict[] {
  const { model, path } = teacher;
  if (teacher.given === true) {
    return (['model', 'path', 'layout'] as const).flatMap((key) =>
      teacher[key] === undefined
        ? []
        : [
            {
              path: ['teacher', key],
              expected: 'no other field beside a teacher object',
              isKey: true,
            },
          ],
    );
  }
  if (path === undefined && model === undefined) {
    const hint = 'Name a network of the zoo that is trained first, or the path of a trained teacher.';
    return [{ path: ['teacher'], expected: 'a teacher with model or path', hint }];
  }
  if (path === undefined) {
    return OF_A_PATH.flatMap((key) =>
      teacher[key] === undefined
        ? []
        : [{ path: ['teacher', key], expected: 'nothing with a teacher that is trained here', isKey: true }],
    );
  }
  if (/\.safetensors$/i.test(path) && model === undefined)
    return [{ path: ['teacher', 'model'], expected: 'the name of the network that the weights belong to' }];
  return teacher.layout !== undefined && !/\.onnx(?:[?#]|$)/i.test(path)
    ? [{ path: ['teacher', 'layout'], expected: 'nothing but with an ONNX file', isKey: true }]
    : [];
}

function seedConflicts({ seeds }: WrittenConfig): Conflict[] {
  return seeds.flatMap((seed, place) =>
    seeds.indexOf(seed) < place
      ? [{ path: ['seeds', place], expected: 'a seed that is not in the list yet' }]
      : [],
  );
}

/** One method has won before it starts; seeds that are too large have none after them. */
function raceConflicts({ race, methods, seeds }: WrittenConfig): Conflict[] {
  if (race === undefined) return [];
  const found: Conflict[] = [];
  if (methods.length < 2) found.push({ path: ['methods'], expected: 'at least two methods to race' });
  if (allSeeds({ race, seeds }).some((seed) => !Number.isSafeInteger(seed)))
    found.push({
      path: ['seeds'],
      expected: 'seeds that a race can continue from',
      hint: 'Use smaller ones.',
    });
  return found;
}

function classConflicts({ dataset }: WrittenConfig): Conflict[] {
  if (dataset.name !== 'synthetic') return [];
  const { classes, superclasses } = dataset;
  const path = ['dataset', 'superclasses'];
  if (superclasses > classes) return [{ path, expected: `at most the ${classes} classes` }];
  const least = Math.ceil(classes / CLASSES_PER_SUPERCLASS);
  return superclasses >= least
    ? []
    : [{ path, expected: `at least ${least}: a superclass has at most ${CLASSES_PER_SUPERCLASS} classes` }];
}

function cropConflicts({ dataset, augmentation: { padCrop, randomResizedCrop } }: WrittenConfig): Conflict[] {
  const edge = Math.min(...sizeOf(dataset));
  // A crop of padding alone shows nothing.
  return padCrop < edge || randomResizedCrop !== undefined
    ? []
    : [{ path: ['augmentation', 'padCrop'], expected: `less than the ${edge} pixels of an image's edge` }];
}

/** No warm-up is longer than the training: of the students, and of a teacher that is trained. */
function warmUpConflicts({ schedule: { warmupEpochs }, epochs, teacher }: WrittenConfig): Conflict[] {
  const trained = [
    ['the run', epochs],
    ...(teacher.path === undefined ? ([['the teacher', teacher.epochs ?? epochs]] as const) : []),
  ] as const;
  const short = trained.find(([, all]) => warmupEpochs > all);
  if (short === undefined) return [];
  const [what, all] = short;
  const expected = `at most the ${all === 1 ? 'one epoch' : `${all} epochs`} of ${what}`;
  return [{ path: ['schedule', 'warmupEpochs'], expected, hint: 'Set it to 0 for none.' }];
}
