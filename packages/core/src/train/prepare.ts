import * as tf from '@tensorflow/tfjs-core';
import {
  augmentation,
  channelStatistics,
  expectNormalization,
  expectPixelScale,
  isAtHand,
  isLabelled,
  loadBatch,
  measuredScaleWarning,
  otherScaleWarning,
  sameImagesWarning,
  uniformSampler,
  UNLABELLED,
} from '../data/index.js';
import type { CheckedDataset } from '../data/index.js';
import { DistillError } from '../error/index.js';
import type { Plan, PlanContext } from '../method/index.js';
import { teacherAsRead } from '../network/index.js';
import type { Network } from '../network/index.js';
import { createRandom } from '../random/index.js';
import { checkTeacherOutputs, rowsDigest } from '../teacher/index.js';
import { unlessAborted } from './batch-feed.js';
import {
  expectCallbacks,
  expectCount,
  expectMethod,
  expectOptimizer,
  expectSignal,
} from './check-options.js';
import { expectApart, expectData, expectStudents } from './check-parts.js';
import {
  checkOptimizers,
  expectPlan,
  expectServed,
  planOf,
  runsStudent,
  trainsStudent,
} from './check-plan.js';
import type { DistillOptions } from './distill-types.js';
import { firstLook } from './first-look.js';
import { identityOf } from './identity.js';
import { studentDoubts, teacherInputDoubt } from './input-doubt.js';
import { sgd } from './optimizers.js';
import { frozenTeacher, knownOutputs, teacherFor } from './prepare-teacher.js';
import { cosineRate } from './schedule.js';
import { unsettledWarnings } from './settle.js';
import type { Run, RunPhase } from './state.js';

/**
 * Turns options into a run: checks them, wraps networks, plans the method, tries the students. No weight changes.
 *
 * @throws DistillError for options that cannot work
 */
export async function prepareRun(options: DistillOptions): Promise<Run> {
  const { method, epochs, batchSize, seed, signal } = options;
  expectMethod(method);
  const random = createRandom(seed);
  expectCount('epochs', epochs);
  expectCount('batchSize', batchSize);
  expectCallbacks(options.callbacks ?? []);
  expectSignal(signal);
  const optimizer = options.optimizer ?? sgd({ learningRate: cosineRate(0.05) });
  expectOptimizer('optimizer', optimizer);
  const { train, validation } = expectData(options);
  const students = expectStudents(options.students, train);
  const augmented =
    options.augmentation === undefined ? undefined : augmentation(options.augmentation, train.imageShape);
  const frozen = frozenTeacher(options.teacher);

  /** What must be disposed, most recent first. */
  const made: { dispose(): void }[] = frozen !== options.teacher && frozen !== undefined ? [frozen] : [];
  const dispose = (): void => {
    for (const each of made) each.dispose();
  };
  try {
    expectApart(students, frozen);
    const { normalization, doubt, lookAtValidation } = await normalizationFor(options, train, validation);
    const teacher = frozen && teacherFor(frozen, options.teacherInput, train, normalization);
    const outputs = checkTeacherOutputs(options.teacherOutputs ?? { kind: 'live' });
    const fingerprint = await teacher?.fingerprint();

    const context: PlanContext = {
      students: students as PlanContext['students'],
      teacher,
      train,
      epochs,
      batchSize,
      optimizer,
      random: random.fork(`method-${method.name}`),
      images: async (positions) => {
        const pixels = await orStop(loadBatch(train, positions, { normalization }), signal);
        return tf.tensor4d(pixels, [positions.length, ...train.imageShape]);
      },
    };
    const plan = await planOf(method, context);
    made.unshift(plan);
    const views = { seed, train, augmentation: augmented, normalization };
    const cachedTeacher = frozen && knownOutputs(outputs, frozen, fingerprint, views);
    if (cachedTeacher !== undefined) made.unshift(cachedTeacher);
    expectPlan(method, plan, students, teacher);
    expectServed(method.name, plan.phases, train);
    doubt.push(...checkOptimizers(method.name, plan.phases));
    // Missing rows of a late phase must be noticed now, not after hours.
    for (const { reads } of plan.phases)
      if (teacher !== undefined && reads.teacher !== undefined)
        cachedTeacher?.expectServes?.(teacherAsRead(teacher, reads));
    const phases = runPhases(plan, students, uniformSampler(train.size, batchSize));

    // A teacher whose outputs are given may be unavailable.
    const asked = outputs.kind === 'given' ? undefined : plan.phases[0]?.reads.teacher;
    const looked = await firstLook(context, asked);
    const other = frozen && asked && teacherInputDoubt(frozen, options.teacherInput, normalization);
    const inputs = students.flatMap((student) => studentDoubts(student, normalization, train));
    for (const each of [sameImagesWarning(train, validation), other, ...inputs])
      if (each !== undefined) doubt.push(each);
    const settleStatistics = options.settleStatistics ?? false;
    const unsettled = settleStatistics ? [] : await unsettledWarnings(students, phases);

    return {
      method,
      plan,
      phases,
      students,
      teacher,
      cachedTeacher,
      views: outputs.views,
      train,
      isLabelled: isLabelled(train),
      weights: train.weights && withMeanOne(train.weights),
      labelWeights: labelWeights(train),
      validation,
      lookAtValidation,
      augmentation: augmented,
      normalization,
      seed,
      graphs: options.graphs ?? true,
      random,
      settleStatistics,
      warnings: [...doubt, ...looked, ...(cachedTeacher?.notices() ?? []), ...unsettled],
      identity: identityOf({
        ...{
          method,
          seed,
          epochs,
          batchSize,
          optimizer,
          train,
          validation,
          students,
          normalization,
          settleStatistics,
        },
        augmentation: augmented,
        views: outputs.views,
        teacher:
          outputs.rows === undefined
            ? fingerprint
            : `given rows ${rowsDigest(outputs.rows)}, classes of ${fingerprint ?? ''}`,
      }),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

const MEASURE = ', or leave `normalization` out: it is then measured';

/**
 * The students' normalization: the given one, or the measured one of the training images.
 *
 * @returns it and warnings about the pixels' scale
 * @throws DistillError codes `option`, `data` for a normalization that does not suit the pixels
 */
async function normalizationFor(
  { normalization: given, signal }: DistillOptions,
  train: CheckedDataset,
  validation: CheckedDataset | undefined,
): Promise<Pick<Run, 'normalization' | 'lookAtValidation'> & { readonly doubt: string[] }> {
  const normalization = given ?? (await orStop(channelStatistics(train), signal));
  expectNormalization(normalization, train);
  const trained =
    given === undefined ? normalization : await orStop(expectPixelScale(train, given, MEASURE), signal);
  const doubts = [given === undefined ? measuredScaleWarning(train.name, normalization) : undefined];
  let left = validation;
  const lookAtValidation: Run['lookAtValidation'] = async () => {
    const data = left;
    left = undefined;
    return (
      data &&
      otherScaleWarning(
        `validation dataset '${data.name}'`,
        await expectPixelScale(data, normalization),
        trained,
      )
    );
  };
  // Do not delay training to read validation images that come as promises.
  if (validation !== undefined && isAtHand(validation)) doubts.push(await lookAtValidation());
  return { normalization, lookAtValidation, doubt: doubts.filter((doubt) => doubt !== undefined) };
}

/**
 * Awaits data before training, unless the signal aborts. A run aborted before it began is prepared all the
 * same.
 */
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

const runPhases = (
  { phases }: Plan,
  students: readonly Network[],
  sampler: RunPhase['sampler'],
): readonly RunPhase[] =>
  phases.map((phase) => ({
    phase,
    sampler: phase.sampler ?? sampler,
    runsStudents: students.some((_, index) => runsStudent(phase, index)),
    trainsStudents: students.some((student) => trainsStudent(phase, student)),
  }));

/** Weights scaled to mean 1, so that only their ratios matter. */
function withMeanOne(weights: Float32Array): Float32Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length || 1;
  return weights.map((weight) => weight / mean);
}

/**
 * Weights with 0 for unlabelled images, mean 1; undefined for unweighted data whose images all have a label or
 * none has.
 */
function labelWeights({ labels, weights }: CheckedDataset): Float32Array | undefined {
  const isPartly = labels.includes(UNLABELLED) && labels.some((label) => label !== UNLABELLED);
  if (!isPartly) return weights && withMeanOne(weights);
  return withMeanOne(Float32Array.from(labels, (label, at) => (label < 0 ? 0 : (weights?.[at] ?? 1))));
}
