import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import {
  augmentation,
  channelStatistics,
  expectNormalization,
  expectPixelScale,
  isAtHand,
  measuredScaleWarning,
  isLabelled,
  loadBatch,
  uniformSampler,
} from '../data/index.js';
import type { CheckedDataset, Dataset, Normalization } from '../data/index.js';
import { DistillError } from '../error/index.js';
import type { Method, PlanContext } from '../method/index.js';
import { asTeacher, matchClasses } from '../network/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';
import { cachedTeacher, checkTeacherOutputs, givenTeacher, withInput } from '../teacher/index.js';
import type { CachedTeacher, TeacherOutputs } from '../teacher/index.js';
import { createRandom } from '../random/index.js';
import type { Random } from '../random/index.js';
import { unlessAborted } from './batch-feed.js';
import {
  expectCallbacks,
  expectCount,
  expectMethod,
  expectNoPromise,
  expectOptimizer,
  expectSignal,
} from './check-options.js';
import { expectAlive, expectData, expectFit, expectOwnWeights, expectStudents } from './check-parts.js';
import {
  expectPlan,
  expectSchedules,
  expectServed,
  planOf,
  runsStudent,
  trainsStudent,
} from './check-plan.js';
import type { DistillOptions } from './distill-types.js';
import type { OptimizerSpec } from './optimizer.js';
import { firstLook } from './first-look.js';
import { sgd } from './optimizers.js';
import { cosineRate } from './schedule.js';
import { unsettledWarnings } from './settle.js';
import { labelWeights, withMeanOne } from './image-weights.js';
import type { Run } from './state.js';

const MEASURE = ', or leave `normalization` out: it is then measured';

/** @throws DistillError for anything in the options that cannot work */
export async function prepareRun(options: DistillOptions): Promise<Run> {
  const { method, epochs, batchSize, seed } = options;
  expectMethod(method);
  const random = createRandom(seed);
  expectCount('epochs', epochs);
  expectCount('batchSize', batchSize);
  expectCallbacks(options.callbacks ?? []);
  expectSignal(options.signal);
  const optimizer = options.optimizer ?? sgd({ learningRate: cosineRate(0.05) });
  expectOptimizer('optimizer', optimizer);
  const { train, validation } = expectData(options);
  const students = expectStudents(options.students, train);
  const augmented = options.augmentation === undefined ? undefined : augmentation(options.augmentation);

  const frozen = frozenTeacher(options.teacher);
  /** The last made first. */
  const made: { dispose(): void }[] = frozen !== options.teacher && frozen !== undefined ? [frozen] : [];
  const dispose = (): void => {
    for (const each of made) each.dispose();
  };
  try {
    for (const [index, student] of students.entries())
      expectAlive(`students[${index}] '${student.name}'`, student.variables);
    if (frozen !== undefined) {
      expectAlive(`teacher '${frozen.name}'`, frozen.weights);
      for (const [index, student] of students.entries())
        expectOwnWeights(`students[${index}] '${student.name}'`, student, frozen.weights, 'the teacher');
    }
    const { signal } = options;
    const normalization = options.normalization ?? (await orStop(channelStatistics(train), signal));
    expectNormalization(normalization, train);
    const isMeasured = options.normalization === undefined;
    if (!isMeasured) await orStop(expectPixelScale(train, normalization, MEASURE), signal);
    // Validation images that are read are not waited for before training.
    if (validation !== undefined && isAtHand(validation)) await expectPixelScale(validation, normalization);
    const scale = isMeasured ? measuredScaleWarning(train.name, normalization) : undefined;
    const teacher =
      frozen &&
      withInput(matchClasses(frozen, train), options.teacherInput ?? {}, {
        imageShape: train.imageShape,
        normalization,
      });
    if (teacher !== undefined) expectFit('teacher', teacher, train);
    const outputs = checkTeacherOutputs(options.teacherOutputs ?? { kind: 'live' });
    const fingerprint = await teacher?.fingerprint();
    const context = planContext({ ...options, train, students, teacher, normalization, optimizer, random });
    const plan = await planOf(method, context);
    made.unshift(plan);
    const cached = cacheFor(outputs, teacher, fingerprint, {
      ...options,
      train,
      augmentation: augmented,
      normalization,
    });
    if (cached !== undefined) made.unshift(cached);
    expectPlan(method, plan, students, teacher);
    expectServed(method.name, plan.phases, train);
    expectSchedules(method.name, plan.phases);
    // One whose answers are given may be out of reach.
    const asked = outputs.kind === 'given' ? undefined : plan.phases[0]?.reads.teacher;
    const looked = await firstLook(context, asked);

    const phases = plan.phases.map((phase) => ({
      phase,
      sampler: phase.sampler ?? uniformSampler(train.size, batchSize),
      runsStudents: students.some((_, index) => runsStudent(phase, index)),
      trainsStudents: students.some((student) => trainsStudent(phase, student)),
    }));
    const settles = options.settleStatistics ?? false;
    const unsettled = settles ? [] : await unsettledWarnings(students, phases);

    return {
      method,
      plan,
      phases,
      students,
      teacher,
      cachedTeacher: cached,
      views: outputs.views,
      train,
      isLabelled: isLabelled(train),
      weights: train.weights && withMeanOne(train.weights),
      labelWeights: labelWeights(train),
      validation,
      augmentation: augmented,
      normalization,
      seed,
      graphs: options.graphs ?? true,
      random,
      settleStatistics: settles,
      warnings: [...(scale === undefined ? [] : [scale]), ...looked, ...unsettled],
      identity: {
        method: method.name,
        options: JSON.stringify(method.options),
        seed,
        epochs,
        batchSize,
        optimizer: JSON.stringify([optimizer.name, optimizer.options]),
        // Cached or live is all the same to a checkpoint: the values are equal.
        augmentation: JSON.stringify([augmented ?? null, normalization, outputs.views ?? null]),
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
  readonly train: CheckedDataset;
  readonly epochs: number;
  readonly batchSize: number;
  readonly normalization: Normalization;
  readonly optimizer: OptimizerSpec;
  readonly random: Random;
  readonly method: Method;
  readonly signal?: AbortSignal | undefined;
}): PlanContext {
  const { students, teacher, train, epochs, batchSize, normalization, optimizer, random, method } = given;
  return {
    students: students as PlanContext['students'],
    teacher,
    train,
    epochs,
    batchSize,
    optimizer,
    random: random.fork(`method-${method.name}`),
    images: async (positions) => {
      const pixels = await orStop(loadBatch(train, positions, { normalization }), given.signal);
      return tf.tensor4d(pixels, [positions.length, ...train.imageShape]);
    },
  };
}

/** What is read before training. A run that was aborted before it began is prepared all the same. */
async function orStop<T>(reading: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!(reading instanceof Promise) || signal === undefined || signal.aborted) return reading;
  const read = await unlessAborted(
    reading.then((value) => ({ value })),
    signal,
  );
  if (read !== undefined) return read.value;
  throw new DistillError({
    code: 'option',
    where: 'signal',
    expected: 'no abort before the first step',
    got: 'one while training images were read',
  });
}

function cacheFor(
  { kind, views = 1, folder, rows }: TeacherOutputs,
  teacher: FrozenNetwork | undefined,
  fingerprint: string | undefined,
  { train, seed, augmentation, normalization }: DistillOptions & { readonly normalization: Normalization },
): CachedTeacher | undefined {
  if (kind === 'live' || teacher === undefined) return undefined;
  if (rows !== undefined) return givenTeacher(rows, teacher, train.size);
  const slot = { dataset: train.name, seed };
  const content = {
    teacher: fingerprint,
    dataset: train.fingerprint,
    augmentation: augmentation ?? 'none',
    normalization,
  };
  const mayRunLive = kind === 'auto';
  return cachedTeacher({
    images: train.size,
    views,
    folder,
    mayRunLive,
    identity: { slot, content },
  });
}

function frozenTeacher(given: DistillOptions['teacher']): FrozenNetwork | undefined {
  if (given === undefined) return undefined;
  expectNoPromise('teacher', given);
  return asTeacher(given, 'teacher');
}

const dataText = (data: Dataset): string =>
  `${data.name}, ${data.size} images, ${data.fingerprint.slice(0, 16)}`;

const architecture = (network: Network): unknown => [
  Object.entries({ ...network.variables, ...network.statistics }).map(([name, { shape }]) => [name, shape]),
];
