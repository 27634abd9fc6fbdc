import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { RunIdentity } from '../checkpoint/index.js';
import { channelStatistics, expectNormalization, loadBatch, uniformSampler } from '../data/index.js';
import type { Augmentation, BatchSampler, Dataset, Normalization } from '../data/index.js';
import { DistillError } from '../error/index.js';
import type { Method, Plan, PlanContext } from '../method/index.js';
import { asNetwork, freeze } from '../network/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';
import { wholeNumber } from '../option/index.js';
import { cachedTeacher, checkTeacherOutputs } from '../teacher/index.js';
import type { CachedTeacher, TeacherOutputs } from '../teacher/index.js';
import { createRandom } from '../random/index.js';
import type { Random } from '../random/index.js';
import type { DistillOptions } from './distill.js';
import { expectFit } from './expect-fit.js';
import { expectStudents } from './expect-students.js';
import { trainedVariables } from './named-state.js';
import type { OptimizerSpec } from './optimizer.js';
import { cosineRate } from './schedule.js';
import { sgd } from './sgd.js';

/** A run, ready to start: options checked, networks wrapped, the method planned. */
export interface Run {
  readonly method: Method;
  readonly plan: Plan;
  readonly samplers: readonly BatchSampler[];
  readonly students: readonly Network[];
  readonly teacher: FrozenNetwork | undefined;
  /** Says what {@link teacher} would say, where its outputs are cached. */
  readonly cachedTeacher: CachedTeacher | undefined;
  /** How many augmentations of each image there are; undefined: no end of them. */
  readonly views: number | undefined;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
  readonly seed: number;
  readonly random: Random;
  readonly identity: RunIdentity;
  dispose(): void;
}

/** @throws DistillError for anything in the options that cannot work */
export async function prepareRun(options: DistillOptions): Promise<Run> {
  const { method, train, validation, epochs, batchSize, seed } = options;
  expectContract(method);
  const random = createRandom(seed);
  expectWhole('epochs', epochs);
  expectWhole('batchSize', batchSize);
  const students = expectStudents(options.students, train);
  if (validation !== undefined) expectSameData(train, validation);

  const madeHere = options.teacher !== undefined && !('fingerprint' in options.teacher);
  const teacher = frozenTeacher(options.teacher);
  /** The last made first. */
  const made: { dispose(): void }[] = madeHere && teacher !== undefined ? [teacher] : [];
  const dispose = (): void => {
    for (const each of made) each.dispose();
  };
  try {
    if (teacher !== undefined) expectFit('teacher', teacher, train);
    const normalization = options.normalization ?? channelStatistics(train);
    expectNormalization(normalization, train);
    const outputs = checkTeacherOutputs(options.teacherOutputs ?? { kind: 'live' });
    const optimizer = options.optimizer ?? sgd({ learningRate: cosineRate(0.05) });
    const fingerprint = await teacher?.fingerprint();
    const context = planContext({ ...options, students, teacher, normalization, optimizer, random });
    const plan = await method.plan(context);
    made.unshift(plan);
    const cached = cacheFor(outputs, teacher, fingerprint, { ...options, normalization });
    if (cached !== undefined) made.unshift(cached);
    expectPhases(method.name, plan, students, teacher);

    return {
      method,
      plan,
      samplers: plan.phases.map((phase) => phase.sampler ?? uniformSampler(train.size, batchSize)),
      students,
      teacher,
      cachedTeacher: cached,
      views: outputs.views,
      train,
      validation,
      augmentation: options.augmentation,
      normalization,
      seed,
      random,
      identity: {
        method: method.name,
        options: JSON.stringify(method.options),
        seed,
        epochs,
        batchSize,
        optimizer: JSON.stringify([optimizer.name, optimizer.options]),
        // Cached or live is all the same to a checkpoint: the values are equal.
        augmentation: JSON.stringify([options.augmentation ?? null, normalization, outputs.views ?? null]),
        train: dataText(train),
        validation: validation === undefined ? 'none' : dataText(validation),
        teacher: fingerprint ?? 'none',
        students: bytesToHex(sha256(utf8ToBytes(JSON.stringify(students.map(architecture))))).slice(0, 16),
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function planContext(given: {
  readonly students: readonly Network[];
  readonly teacher: FrozenNetwork | undefined;
  readonly train: Dataset;
  readonly epochs: number;
  readonly batchSize: number;
  readonly normalization: Normalization;
  readonly optimizer: OptimizerSpec;
  readonly random: Random;
  readonly method: Method;
}): PlanContext {
  const { students, teacher, train, epochs, batchSize, normalization, optimizer, random, method } = given;
  return {
    students,
    student: students[0] as Network,
    hasTeacher: teacher !== undefined,
    get teacher() {
      if (teacher !== undefined) return teacher;
      throw missingTeacher(method.name);
    },
    train,
    epochs,
    batchSize,
    optimizer,
    random: random.fork(`method-${method.name}`),
    images: (positions) => {
      const pixels = loadBatch(train, positions, { normalization });
      return tf.tensor4d(pixels, [positions.length, ...train.imageShape]);
    },
  };
}

function cacheFor(
  { kind, views = 1, folder }: TeacherOutputs,
  teacher: FrozenNetwork | undefined,
  fingerprint: string | undefined,
  { train, seed, augmentation, normalization }: DistillOptions & { readonly normalization: Normalization },
): CachedTeacher | undefined {
  if (kind === 'live' || teacher === undefined) return undefined;
  const slot = { dataset: train.name, seed };
  const content = {
    teacher: fingerprint,
    dataset: train.fingerprint,
    augmentation: augmentation ?? 'none',
    normalization,
  };
  return cachedTeacher({ teacher, images: train.size, views, folder, identity: { slot, content } });
}

function frozenTeacher(given: DistillOptions['teacher']): FrozenNetwork | undefined {
  if (given === undefined) return undefined;
  return 'fingerprint' in given ? given : freeze(asNetwork(given, 'teacher'));
}

const missingTeacher = (method: string): DistillError =>
  new DistillError({
    code: 'option',
    where: `method '${method}'`,
    expected: 'a teacher',
    got: 'none',
    hint: 'Pass `teacher` to distill().',
  });

function expectContract(method: Method): void {
  if ((method.spec as string) === 'v1' && typeof method.plan === 'function') return;
  throw new DistillError({
    code: 'contract',
    where: `method '${method.name}'`,
    expected: 'a method of contract v1',
    got: `contract ${method.spec}`,
    hint: 'Update the older of the two packages: the technique or @distilljs/core.',
  });
}

function expectWhole(where: string, value: number): void {
  const expected = wholeNumber({ min: 1 })(value);
  if (expected !== undefined) throw new DistillError({ code: 'option', where, expected, got: String(value) });
}

function expectSameData(train: Dataset, validation: Dataset): void {
  const shapeOf = (data: Dataset): string => `[${data.imageShape.join(', ')}], ${data.classes} classes`;
  if (shapeOf(train) === shapeOf(validation)) return;
  throw new DistillError({
    code: 'shape',
    where: 'validation',
    expected: shapeOf(train),
    got: shapeOf(validation),
  });
}

function expectPhases(
  method: string,
  { phases, auxiliary }: Plan,
  students: readonly Network[],
  teacher: FrozenNetwork | undefined,
): void {
  const broken = (where: string, expected: string, got: string): never => {
    throw new DistillError({ code: 'contract', where: `method '${method}', ${where}`, expected, got });
  };
  if (phases.length === 0) broken('plan', 'at least one phase', 'none');
  const saved = new Set(Object.values(trainedVariables(students, auxiliary)));
  for (const { name, epochs, reads, updates } of phases) {
    const where = `phase '${name}'`;
    if (reads.teacher !== undefined && teacher === undefined) throw missingTeacher(method);
    if (updates.length === 0) broken(where, 'at least one update', 'none');
    if ((reads.students?.length ?? 0) > students.length) {
      broken(where, `at most ${students.length} students`, `${reads.students?.length ?? 0}`);
    }
    // Wrong taps of a late phase are found now, not after hours.
    reads.teacher?.forEach((tap) => teacher?.tapShape(tap));
    reads.students?.forEach((taps, index) => taps?.forEach((tap) => students[index]?.tapShape(tap)));
    const names = updates.map((update) => update.name);
    if (new Set(names).size < names.length) broken(where, 'updates of different names', names.join(', '));
    for (const update of updates) {
      const lost = Object.entries(update.variables).find(([, variable]) => !saved.has(variable));
      if (lost !== undefined) {
        broken(
          `${where}, update '${update.name}'`,
          'variables of a student or of `auxiliary`, which checkpoints hold',
          `'${lost[0]}'`,
        );
      }
    }
    expectWhole(`method '${method}', ${where}, epochs`, epochs);
  }
}

const dataText = (data: Dataset): string =>
  `${data.name}, ${data.size} images, ${data.fingerprint.slice(0, 16)}`;

const architecture = (network: Network): unknown => [
  Object.entries({ ...network.variables, ...network.statistics }).map(([name, { shape }]) => [name, shape]),
];
