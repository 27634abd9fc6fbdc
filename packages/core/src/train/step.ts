import * as tf from '@tensorflow/tfjs-core';
import { asGraph } from '../engine/graph/index.js';
import { concatFlat } from '../engine/kernels/flat.js';
import { DistillError, isPromise } from '../error/index.js';
import type { Phase, Update } from '../method/index.js';
import { teacherAsRead } from '../network/index.js';
import type { OwnedOutput } from '../network/index.js';
import { viewAt } from '../teacher/index.js';
import type { Images, NamedTensors } from '../tensor/index.js';
import { assignValues, copyValues } from './named-state.js';
import type { ValueLabel } from './report.js';
import { repeatedGradients } from './repeated-gradients.js';
import type { StepInput, StepPlace } from './step-gradients.js';
import { expectFinite, expectRates, stepError } from './step-faults.js';
import type { Found, StepLabel } from './step-faults.js';
import type { Run, TrainingState } from './state.js';

interface Measured {
  readonly labels: readonly StepLabel[];
  /** One value per label. */
  readonly values: tf.Tensor1D;
}

/**
 * One step: gradients, updates, then a check of the terms and new weights. If any is not finite, the step is
 * undone before the error is thrown, so that no weight or checkpoint holds NaN.
 *
 * On the engine `node`, everything up to that check runs as one TensorFlow graph.
 * @throws DistillError codes `numeric` (a term or weight), `option` (a learning rate), `engine` (memory),
 *   `contract` (the method threw), naming epoch and step
 */
export function trainStep(
  run: Run,
  state: TrainingState,
  phase: Phase,
  pixels: Float32Array,
  place: StepPlace,
): Promise<StepValues> {
  return asGraph(() => takeStep(run, state, phase, pixels, place), run);
}

/** The measured values of a step: unweighted terms and accuracies. */
interface StepValues {
  readonly values: readonly number[];
  readonly labels: readonly ValueLabel[];
}

async function takeStep(
  run: Run,
  state: TrainingState,
  phase: Phase,
  pixels: Float32Array,
  place: StepPlace,
): Promise<StepValues> {
  expectRates(run, state, phase, place);
  const rounds = phase.order === 'sequential' ? phase.updates.map((update) => [update]) : [phase.updates];
  const measured: Measured[] = [];
  // Copies no memory: assigning to a variable gives it new memory and leaves the old to the clone.
  const before = copyValues(state.variables);
  let batch: ReturnType<typeof batchOf> | undefined;
  let teacherOutput: OwnedOutput | undefined;
  try {
    batch = batchOf(run, pixels, place.indices);
    teacherOutput = await knownOutput(run, phase, batch.images, place);
    const input: StepInput = { ...place, ...batch, teacherOutput };
    for (const [round, updates] of rounds.entries()) {
      const { gradients, ...measures } = repeatedGradients(run, state, phase, updates, input, round);
      measured.push(measures);
      apply(state, updates, gradients, place);
    }
    measured.push(sumsOfWeights(run, state, phase));
    const found = await read(measured);
    expectFinite(run, state, phase, place, found);
    return toReport(found, run.isLabelled);
  } catch (error) {
    assignValues(state.variables, before);
    throw stepError(error, run, state, phase, place);
  } finally {
    teacherOutput?.dispose();
    tf.dispose([
      ...Object.values(batch ?? {}).filter((each) => each !== undefined),
      ...measured.map(({ values }) => values),
      ...Object.values(before),
    ]);
  }
}

/** The images, labels and weights of a step. The caller disposes the tensors. */
function batchOf(
  { train, weights, labelWeights }: Run,
  pixels: Float32Array,
  indices: Int32Array,
): Pick<StepInput, 'images' | 'labels' | 'weights' | 'labelWeights'> {
  const rowsOf = (all: Float32Array | undefined): tf.Tensor1D | undefined =>
    all && tf.tensor1d(Float32Array.from(indices, (index) => all[index] ?? 1));
  return {
    images: tf.tensor4d(pixels, [indices.length, ...train.imageShape]),
    labels: tf.tensor1d(
      Int32Array.from(indices, (index) => train.labels[index] ?? 0),
      'int32',
    ),
    weights: rowsOf(weights),
    labelWeights: rowsOf(labelWeights),
  };
}

/** Runs the optimizers, which change the weights, and frees the gradients. */
function apply(
  { optimizers, reach }: TrainingState,
  updates: readonly Update[],
  gradients: readonly NamedTensors[],
  { position }: StepPlace,
): void {
  reach.note(updates, gradients);
  try {
    updates.forEach(({ name }, index) => {
      const done: unknown = optimizers.get(name)?.apply(gradients[index] ?? {}, position);
      // Its gradients are freed here, before a promise would use them.
      if (isPromise(done))
        throw new DistillError({
          code: 'contract',
          where: `optimizer of update '${name}', apply()`,
          expected: 'the variables changed when it returns',
          got: 'a promise',
        });
    });
  } finally {
    tf.dispose(gradients.flatMap((each) => Object.values(each)));
  }
}

/**
 * The teacher's outputs for this batch, if they are available before the step: from the cache of this view, or
 * from a teacher that answers asynchronously and is not part of the step's graph.
 */
async function knownOutput(
  { cachedTeacher, teacher, views = 1 }: Run,
  { reads }: Phase,
  images: Images,
  { indices, position }: StepPlace,
): Promise<OwnedOutput | undefined> {
  if (reads.teacher === undefined || teacher === undefined) return undefined;
  const asked = teacherAsRead(teacher, reads);
  if (cachedTeacher !== undefined)
    return cachedTeacher.outputs(asked, images, indices, viewAt(position.epoch, views));
  return asked.teacher.ask?.(images, asked.taps);
}

/** One sum per update over its variables, and one over the batch-norm statistics of the students that ran. */
function sumsOfWeights(run: Run, { repeaters }: TrainingState, phase: Phase): Measured {
  const ran = run.students.filter((_, index) => phase.reads.students?.[index] !== undefined);
  const groups = [
    ...phase.updates.map(
      (update) => [`weights of update '${update.name}'`, Object.values(update.variables)] as const,
    ),
    ['batch norm statistics', ran.flatMap((student) => Object.values(student.statistics))] as const,
  ].filter(([, variables]) => variables.length > 0);
  const sums = (): tf.Tensor =>
    tf.tidy(() => tf.stack(groups.map(([, variables]) => tf.sum(concatFlat(variables)))));
  const { tensors } = repeaters.get('sums')?.run([], () => ({ tensors: [sums()], rest: undefined })) ?? {
    tensors: [sums()],
  };
  return { labels: groups.map(([of]) => ({ kind: 'weights', of })), values: tensors[0] as tf.Tensor1D };
}

/** Reads all values in one transfer. */
async function read(measured: readonly Measured[]): Promise<Found> {
  const all = tf.concat1d(measured.map(({ values }) => values));
  try {
    const values = await all.data();
    return measured.flatMap(({ labels }) => labels).map((label, index) => [label, values[index] ?? NaN]);
  } finally {
    all.dispose();
  }
}

/**
 * Terms, and accuracies from the step's first forward pass: later passes of a sequential step see other
 * weights.
 */
function toReport(found: Found, isLabelled: boolean): StepValues {
  const students = new Set<number>();
  const reported = found.flatMap(([label, value]): [ValueLabel, number][] => {
    if (label.kind === 'weights') return [];
    if (label.kind === 'accuracy' && (!isLabelled || students.has(label.student))) return [];
    if (label.kind === 'accuracy') students.add(label.student);
    return [[label, value]];
  });
  return { values: reported.map(([, value]) => value), labels: reported.map(([label]) => label) };
}
