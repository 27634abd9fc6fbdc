import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { CLASSES_PER_SUPERCLASS } from '../dataset/index.js';
import { isModelName } from '../model/index.js';
import { isMapping } from './fields.js';
import { batchConflicts, imageConflicts, sizeOf } from './memory-rules.js';
import { methodConflicts } from './method-rules.js';
import type { Surroundings } from './method-rules.js';
import type { Conflict } from './problem.js';
import { allSeeds } from './race.js';
import { ifRight, rightParts, withWrong } from './right-parts.js';
import { runSchema } from './schema.js';
import type { WrittenConfig } from './schema.js';
import { tuningConflicts } from './tune.js';

/**
 * Conflicts between the fields of a configuration. Each rule reads only valid fields, so a mistake in one part does not hide
 * those in others.
 *
 * @param merged the configuration as written, valid or not
 */
export function conflicts(merged: unknown, surroundings: Surroundings): readonly Conflict[] {
  const written = isMapping(merged) ? merged : {};
  const parts = ruledParts(written);
  return [
    ...methodConflicts(merged, surroundings),
    ...teacherConflicts(written['teacher']),
    ...seedConflicts(written['seeds']),
    ...RULES.flatMap((rule) => ifRight(() => rule(parts, surroundings))),
  ];
}

/** The fields for the rules, each reduced to its valid part. */
function ruledParts(written: Readonly<Record<string, unknown>>): WrittenConfig {
  const parts = Object.entries(runSchema.shape).map(
    ([key, schema]) => [key, rightParts(schema as z.ZodType, written[key])] as const,
  );
  const isWrong = ([key, part]: (typeof parts)[number]): boolean =>
    part === undefined && written[key] !== undefined;
  const missing = ['dataset', 'teacher', 'student'].filter((key) => written[key] === undefined);
  const wrong = [...parts.filter(isWrong).map(([key]) => key), ...missing];
  return withWrong(Object.fromEntries(parts) as unknown as WrittenConfig, wrong);
}

type Rule = (written: WrittenConfig, surroundings: Surroundings) => readonly Conflict[];

const RULES: readonly Rule[] = [
  classConflicts,
  imageConflicts,
  batchConflicts,
  cropConflicts,
  warmUpConflicts,
  ({ tune, tuning, seeds, race }) => tuningConflicts({ tune, tuning, seeds: allSeeds({ seeds, race }) }),
  raceConflicts,
];

/** Fields that only a teacher from outside has. */
const OF_A_PATH = ['normalization', 'imageSize', 'logitsFrom', 'classes', 'taps', 'layout'] as const;

/** Checks which of the teacher's fields may occur together, valid or not. */
function teacherConflicts(teacher: unknown): Conflict[] {
  if (!isMapping(teacher)) return [];
  const { model, path, given, seed, layout } = teacher;
  if (given === true) {
    return ['model', 'path', 'layout', 'seed'].flatMap((key) =>
      teacher[key] === undefined ? [] : refused(key, 'no other field beside a teacher object'),
    );
  }
  if (path === undefined && model === undefined) {
    const hint = 'Name a network of the zoo that is trained first, or the path of a trained teacher.';
    return [{ path: ['teacher'], expected: 'a teacher with model or path', hint }];
  }
  if (path === undefined) {
    return OF_A_PATH.flatMap((key) =>
      teacher[key] === undefined ? [] : refused(key, 'no such field with a teacher that this run trains'),
    );
  }
  const seedless = seed === undefined ? [] : refused('seed', 'no such field with a trained teacher');
  if (typeof path !== 'string') return seedless;
  if (isModelName(path) && !existsSync(path)) {
    const hint = `For a network of the zoo write teacher.model (--teacher-model ${path}).`;
    return [...seedless, { path: ['teacher', 'path'], expected: 'the path of a trained teacher', hint }];
  }
  if (/\.safetensors$/i.test(path) && model === undefined) {
    const expected = 'the name of the network that the weights belong to';
    return [...seedless, { path: ['teacher', 'model'], expected }];
  }
  return layout !== undefined && !/\.onnx(?:[?#]|$)/i.test(path)
    ? [...seedless, ...refused('layout', 'no such field except for an ONNX file')]
    : seedless;
}

const refused = (field: string, expected: string): Conflict[] => [
  { path: ['teacher', field], expected, isKey: true },
];

function seedConflicts(seeds: unknown): Conflict[] {
  const given: readonly unknown[] = Array.isArray(seeds) ? seeds : [];
  const earlier = new Set<unknown>();
  return given.flatMap((seed, place) => {
    const isRepeated = typeof seed === 'number' && earlier.has(seed);
    earlier.add(seed);
    return isRepeated ? [{ path: ['seeds', place], expected: 'a seed that is not in the list yet' }] : [];
  });
}

/** A race needs two methods, and seeds small enough to continue from. */
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
  // A crop could otherwise consist of padding alone.
  return padCrop < edge || randomResizedCrop !== undefined
    ? []
    : [{ path: ['augmentation', 'padCrop'], expected: `less than the ${edge} pixels of an image's edge` }];
}

/** The warm-up must not be longer than a training, of the students or of a trained teacher. */
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
