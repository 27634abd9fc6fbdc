import * as tf from '@tensorflow/tfjs-core';
import { onOneTape, withoutTape } from '../engine/tape.js';
import type { GradientOf } from '../engine/tape.js';
import { describeValue, DistillError, isPromise } from '../error/index.js';
import type { Backward, LossTerms, Phase, Step, Term, Update } from '../method/contract.js';
import { teacherAsRead } from '../network/index.js';
import type { FrozenNetwork, Network, NetworkOutput } from '../network/index.js';
import { lateStream } from '../random/index.js';
import type { Random } from '../random/index.js';
import { shapeText } from '../tensor/index.js';
import type { Images, Labels, NamedTensors, Probabilities, Scalar } from '../tensor/index.js';
import type { TrainingPosition } from './optimizer.js';
import { sumOfTerms } from './policies.js';
import type { ValueLabel } from './report.js';

/** The place of a step in its phase. */
export interface StepPlace {
  /** Positions of the images in the training set. */
  readonly indices: Int32Array;
  /** Steps done in the phase. */
  readonly step: number;
  /** Determines learning rates and term weights. */
  readonly position: TrainingPosition;
  /** Determines dropout masks and a method's noise. */
  readonly random: Random;
}

/**
 * Everything that differs from one step to the next. Everything else that a step reads is state (weights,
 * statistics, optimizer slots) or constant.
 */
export interface StepInput extends StepPlace {
  readonly images: Images;
  readonly labels: Labels;
  readonly weights?: tf.Tensor1D | undefined;
  readonly labelWeights?: tf.Tensor1D | undefined;
  /** The teacher's outputs if already known; else the teacher runs. */
  readonly teacherOutput?: NetworkOutput | undefined;
  /** See {@link Backward.numberAt}; default: evaluates the function at the position. */
  readonly numberAt?: Backward['numberAt'] | undefined;
}

/** The networks that take part in a step. */
export interface StepNetworks {
  readonly students: readonly Network[];
  readonly teacher: FrozenNetwork | undefined;
}

/** Gradients of some updates, not yet applied, and the measured values. The caller disposes all tensors. */
export interface StepGradients {
  /** For each of {@link updates}, the gradients by variable. */
  readonly gradients: readonly NamedTensors[];
  readonly updates: readonly Update[];
  /** Unweighted term values, then the batch accuracy of each student that ran: `[labels.length]`. */
  readonly values: tf.Tensor1D;
  readonly labels: readonly ValueLabel[];
}

/**
 * One forward pass of every network that the phase reads, and the gradients of the given updates at the current
 * parameters. Only batch-norm statistics change.
 *
 * @param updates some or all of the phase's updates, in order
 * @param moveStatistics false if this step has already updated them
 */
export function stepGradients(
  phase: Phase,
  updates: readonly Update[],
  { students, teacher }: StepNetworks,
  input: StepInput,
  moveStatistics = true,
): StepGradients {
  let labels: ValueLabel[] = [];
  const [values, gradients] = tf.tidy(() => {
    const teacherOutput = input.teacherOutput ?? forwardTeacher(phase, teacher, input.images);
    const classes = students[0]?.classes ?? teacher?.classes ?? 1;

    const forward = (): { outputs: (NetworkOutput | undefined)[]; terms: LossTerms[] } => {
      const outputs = students.map((student, index) => {
        const taps = phase.reads.students?.[index];
        if (taps === undefined) return undefined;
        const random = lateStream(() => input.random.fork(`student-${index}`));
        return student.forward(input.images, { training: true, taps, random, moveStatistics });
      });
      const step = stepView(phase, input, classes, outputs, teacherOutput);
      return { outputs, terms: updates.map((update) => termsOf(update, step)) };
    };

    return onOneTape(forward, ({ outputs, terms }, gradientOf) => {
      const measured = measure(updates, terms, outputs, input.labels);
      labels = measured.labels;
      const all = updates.map((update, index) => {
        const backward = backwardOf(update, terms[index] ?? {}, gradientOf, input);
        return (update.combine ?? sumOfTerms()).combine(backward);
      });
      return [measured.values, all] as [tf.Tensor1D, NamedTensors[]];
    });
  });
  return { gradients, updates, values, labels };
}

function forwardTeacher(
  { reads }: Phase,
  teacher: FrozenNetwork | undefined,
  images: Images,
): NetworkOutput | undefined {
  if (reads.teacher === undefined || teacher === undefined) return undefined;
  const asked = teacherAsRead(teacher, reads);
  return asked.teacher.forward(images, asked.taps);
}

function backwardOf(update: Update, terms: LossTerms, gradientOf: GradientOf, input: StepInput): Backward {
  const names = Object.keys(update.variables);
  const variables = Object.values(update.variables);
  return {
    terms: Object.keys(terms),
    get epoch() {
      return input.position.epoch;
    },
    numberAt: (of) => (input.numberAt === undefined ? of(input.position.epoch) : input.numberAt(of)),
    gradient(selected = Object.keys(terms)) {
      // A weight of 0 costs no backward pass.
      const acting = selected.flatMap((name) => terms[name] ?? []).filter((term) => term.weight !== 0);
      const gradients: Record<string, tf.Tensor> = {};
      if (acting.length === 0) return gradients;
      gradientOf(() => weightedSum(acting), variables).forEach((gradient, index) => {
        const name = names[index];
        if (gradient !== undefined && name !== undefined) gradients[name] = gradient;
      });
      return gradients;
    },
  };
}

/** Checks an update's terms, which may come from user code. @throws DistillError code `contract` */
function termsOf(update: Update, step: Step): LossTerms {
  const where = `update '${update.name}'`;
  const terms: unknown = update.terms(step);
  const isTerms =
    typeof terms === 'object' && terms !== null && !isPromise(terms) && !(terms instanceof tf.Tensor);
  if (!isTerms) throw breach(`${where}, terms`, 'an object of terms, { name: { value, weight } }', terms);
  for (const [name, term] of Object.entries(terms)) {
    const { value, weight } = (term ?? {}) as Partial<Record<keyof Term, unknown>>;
    const place = `${where}, term '${name}'`;
    const type = value instanceof tf.Tensor ? value.dtype : value;
    // Whole numbers have no gradient, and NaN as a weight would be blamed on the learning rate.
    if (type !== 'float32') throw breach(`${place}, value`, 'a scalar float32 tensor', type);
    if (!Number.isFinite(weight)) throw breach(`${place}, weight`, 'a finite number', weight);
  }
  return terms as LossTerms;
}

const breach = (where: string, expected: string, got: unknown): DistillError =>
  new DistillError({ code: 'contract', where, expected, got: describeValue(got) });

function weightedSum(terms: readonly Term[]): Scalar {
  const weighted = terms.map(({ value, weight }) => (weight === 1 ? value : tf.mul<Scalar>(value, weight)));
  return weighted.reduce((sum, value) => tf.add<Scalar>(sum, value));
}

function measure(
  updates: readonly Update[],
  terms: readonly LossTerms[],
  outputs: readonly (NetworkOutput | undefined)[],
  labels: Labels,
): { values: tf.Tensor1D; labels: ValueLabel[] } {
  const named: ValueLabel[] = [];
  const scalars: tf.Tensor[] = [];
  updates.forEach((update, index) => {
    for (const [term, { value, weight }] of Object.entries(terms[index] ?? {})) {
      if (value.size !== 1) {
        throw new DistillError({
          code: 'contract',
          where: `update '${update.name}', term '${term}'`,
          expected: 'a scalar',
          got: `shape ${shapeText(value.shape)}`,
          hint: 'Reduce it with tf.mean or tf.sum.',
        });
      }
      named.push({ kind: 'term', update: update.name, term, weight });
      scalars.push(tf.reshape(value, []));
    }
  });
  outputs.forEach((output, student) => {
    if (output === undefined) return;
    named.push({ kind: 'accuracy', student });
    scalars.push(tf.mean(tf.cast(tf.equal(tf.argMax(output.logits, 1), labels), 'float32')));
  });
  return { values: tf.stack(scalars) as tf.Tensor1D, labels: named };
}

/**
 * The step as a loss sees it. Access to a network that the phase does not read throws. Call it inside `tf.tidy`.
 *
 * @param outputs outputs per student, `undefined` for one that does not run
 */
export function stepView(
  phase: Phase,
  input: StepInput,
  classes: number,
  outputs: readonly (NetworkOutput | undefined)[],
  teacher: NetworkOutput | undefined,
): Step {
  const unread = (what: string): DistillError =>
    new DistillError({
      code: 'contract',
      where: `phase '${phase.name}', step.${what}`,
      expected: `${what} among the networks that the phase reads`,
      got: `reads ${JSON.stringify(phase.reads)}`,
      hint: 'Declare it in `reads`.',
    });
  const student = (index: number): NetworkOutput => {
    const output = outputs[index];
    if (output === undefined) throw unread(`students[${index}]`);
    return output;
  };
  return {
    images: input.images,
    labels: input.labels,
    weights: input.weights,
    labelWeights: input.labelWeights,
    oneHot: withoutTape(() => tf.cast(tf.oneHot(input.labels, classes), 'float32')) as Probabilities,
    get indices() {
      return input.indices;
    },
    get students() {
      return outputs.map((_, index) => student(index));
    },
    get student() {
      return student(0);
    },
    get teacher() {
      if (teacher === undefined) throw unread('teacher');
      return teacher;
    },
    get epoch() {
      return Math.floor(input.position.epoch);
    },
    get step() {
      return input.step;
    },
    get progress() {
      return input.position.epoch / input.position.epochs;
    },
    get random() {
      return input.random;
    },
  };
}
