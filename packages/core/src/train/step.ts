import * as tf from '@tensorflow/tfjs-core';
import { asGraph } from '../engine/graph/index.js';
import { concatFlat } from '../engine/kernels/flat.js';
import type { Phase } from '../method/index.js';
import { teacherAsRead } from '../network/index.js';
import type { OwnedOutput } from '../network/index.js';
import { viewAt } from '../teacher/index.js';
import type { Images } from '../tensor/index.js';
import { assignValues, copyValues } from './named-state.js';
import type { ValueLabel } from './report.js';
import { gradientRepeater, repeatedGradients } from './repeated-gradients.js';
import type { StepInput, StepPlace } from './step-gradients.js';
import { expectFinite, expectRates, stepError } from './step-faults.js';
import type { Found, StepLabel } from './step-faults.js';
import type { Run, TrainingState } from './state.js';

interface Measured {
  readonly labels: readonly StepLabel[];
  /** One per label. */
  readonly values: tf.Tensor1D;
}

/**
 * One step: gradients, updates, and then one look at the terms and at the new weights. Where one of them is not finite,
 * the step is taken back before the error is thrown: NaN stays in no weight and gets into no checkpoint.
 *
 * On engine node everything up to that look runs as one TensorFlow graph.
 * @throws DistillError codes `numeric` (a term), `option` (a learning rate), `engine` (memory), naming epoch and step
 */
export const trainStep = (run: Run, ...rest: StepArguments): ReturnType<typeof takeStep> =>
  asGraph(() => takeStep(run, ...rest), run);

type StepArguments = Parameters<typeof takeStep> extends [Run, ...infer Rest] ? Rest : never;

async function takeStep(
  run: Run,
  state: TrainingState,
  phase: Phase,
  pixels: Float32Array,
  place: StepPlace,
): Promise<{ values: number[]; labels: ValueLabel[] }> {
  const { indices } = place;
  const { optimizers, variables } = state;
  expectRates(run, state, phase, place);
  const images = tf.tensor4d(pixels, [indices.length, ...run.train.imageShape]);
  const classIndices = Int32Array.from(indices, (index) => run.train.labels[index] ?? 0);
  const labels = tf.tensor1d(classIndices, 'int32');
  const rowsOf = (all: Float32Array | undefined): tf.Tensor1D | undefined =>
    all && tf.tensor1d(Float32Array.from(indices, (index) => all[index] ?? 1));
  const [weights, labelWeights] = [rowsOf(run.weights), rowsOf(run.labelWeights)];
  const rounds = phase.order === 'sequential' ? phase.updates.map((update) => [update]) : [phase.updates];
  const measured: Measured[] = [];
  // No memory is copied: assigning to a variable gives it other memory and leaves this to the copy.
  const before = copyValues(variables);
  let teacherOutput: OwnedOutput | undefined;
  try {
    teacherOutput = await knownOutput(run, phase, images, place);
    const input: StepInput = { ...place, images, labels, weights, labelWeights, teacherOutput };
    for (const [round, updates] of rounds.entries()) {
      const repeater = state.repeaters.get(round) ?? gradientRepeater(run, phase);
      state.repeaters.set(round, repeater);
      const {
        gradients,
        values,
        labels: named,
      } = repeatedGradients(run, repeater, phase, updates, input, round);
      measured.push({ values, labels: named });
      state.reach.note(updates, gradients);
      try {
        updates.forEach((update, index) => {
          optimizers.get(update.name)?.apply(gradients[index] ?? {}, place.position);
        });
      } finally {
        tf.dispose(gradients.flatMap((each) => Object.values(each)));
      }
    }
    measured.push(sumsOfWeights(run, state, phase));
    const found = await read(measured);
    expectFinite(run, state, phase, place, found);
    return toReport(found, run.isLabelled);
  } catch (error) {
    assignValues(variables, before);
    throw stepError(error, run, state, phase, place);
  } finally {
    teacherOutput?.dispose();
    tf.dispose([
      images,
      labels,
      ...[weights, labelWeights].filter((each) => each !== undefined),
      ...measured.map(({ values }) => values),
      ...Object.values(before),
    ]);
  }
}

/**
 * What the teacher says of this batch, where that is known before the step: cached for this view, or the answer of a teacher
 * that is no part of the step's graph.
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

/** One sum per update over its variables, and one over the batch-norm statistics that a forward pass moved. */
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

/** All values by one transfer. */
async function read(measured: readonly Measured[]): Promise<Found> {
  const all = tf.concat1d(measured.map(({ values }) => values));
  try {
    const values = await all.data();
    return measured.flatMap(({ labels }) => labels).map((label, index) => [label, values[index] ?? NaN]);
  } finally {
    all.dispose();
  }
}

/** Terms, and accuracies by the step's first forward pass: where there were several, later ones saw other weights. */
function toReport(found: Found, isLabelled: boolean): { values: number[]; labels: ValueLabel[] } {
  const students = new Set<number>();
  const reported = found.flatMap(([label, value]): [ValueLabel, number][] => {
    if (label.kind === 'weights') return [];
    if (label.kind === 'accuracy' && (!isLabelled || students.has(label.student))) return [];
    if (label.kind === 'accuracy') students.add(label.student);
    return [[label, value]];
  });
  return { values: reported.map(([, value]) => value), labels: reported.map(([label]) => label) };
}
