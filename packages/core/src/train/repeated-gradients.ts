import type * as tf from '@tensorflow/tfjs-core';
import { repeating } from '../engine/graph/index.js';
import type { Repeater, Watch } from '../engine/graph/index.js';
import type { Phase, Update } from '../method/index.js';
import { isPlain } from '../network/index.js';
import { lateStream } from '../random/index.js';
import type { Run, TrainingState } from './state.js';
import { stepGradients } from './step-gradients.js';
import type { StepGradients, StepInput } from './step-gradients.js';

/**
 * The gradients of one round of a step. The engine `node` replays their operations without running their
 * JavaScript, if the method declares itself repeatable and all networks consist of layers known to be
 * stateless. The first step of each epoch is recorded anew.
 *
 * @param round 0 updates the moving statistics of batch norm
 */
export function repeatedGradients(
  run: Run,
  { repeaters }: TrainingState,
  phase: Phase,
  updates: readonly Update[],
  input: StepInput,
  round: number,
): Pick<StepGradients, 'gradients' | 'values' | 'labels'> {
  const repeater = repeaters.get(round) ?? gradientRepeater(run, phase);
  repeaters.set(round, repeater);
  const { images, labels, weights, labelWeights, teacherOutput, position } = input;
  const { teacher, condense } = phase.reads;
  const taps = condense === undefined ? (teacher ?? []) : Object.keys(condense.shapes);
  const known = teacherOutput && [teacherOutput.logits, ...taps.map((tap) => teacherOutput.tap(tap))];
  const inputs: tf.Tensor[] = [images, labels, ...(known ?? [])];
  for (const given of [weights, labelWeights]) if (given !== undefined) inputs.push(given);

  const { tensors, rest } = repeater.run(
    inputs,
    (watch) => {
      const found = stepGradients(phase, updates, run, watched(input, watch), round === 0);
      const { values, gradients, labels: named } = found;
      return {
        tensors: [values, ...gradients.flatMap((each) => Object.values(each))],
        rest: { labels: named, names: gradients.map((each) => Object.keys(each)) },
      };
    },
    { epoch: position.epoch, anew: Number.isInteger(position.epoch) },
  );
  let at = 1;
  const gradients = rest.names.map((names) =>
    Object.fromEntries(names.map((name) => [name, tensors[at++] as tf.Tensor])),
  );
  return { gradients, values: tensors[0] as tf.Tensor1D, labels: rest.labels };
}

/** The repeater for one round of a phase's steps. */
function gradientRepeater(run: Run, { reads }: Phase): Repeater {
  const { method, students } = run;
  // The outputs of a cached or asynchronous teacher are known before the step.
  const isKnown = run.cachedTeacher !== undefined || run.teacher?.ask !== undefined;
  const teacher = reads.teacher === undefined || isKnown ? undefined : run.teacher;
  const odd = students.find((student, index) => reads.students?.[index] !== undefined && !isPlain(student));
  if (method.repeatable !== true)
    return repeating(`method '${method.name}' does not declare itself repeatable`);
  if (odd !== undefined)
    return repeating(`network '${odd.name}' has layers that may keep state of their own`);
  if (teacher === undefined || isPlain(teacher)) return repeating();
  return repeating(`teacher '${teacher.name}' may keep state of its own`);
}

/** The input, with a report of every read of a value that differs from step to step. */
function watched(input: StepInput, { differs, number }: Watch): StepInput {
  const { position } = input;
  return {
    ...input,
    get indices() {
      differs('step.indices');
      return input.indices;
    },
    get step() {
      differs('step.step');
      return input.step;
    },
    position: {
      epochs: position.epochs,
      get epoch() {
        differs('the epoch');
        return position.epoch;
      },
    },
    random: lateStream(() => {
      differs('random numbers');
      return input.random;
    }),
    numberAt: number,
  };
}
