import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { DistillError } from '../error/index.js';
import type { Phase, Step } from '../method/contract.js';
import type { NetworkOutput } from '../network/index.js';
import type { Random } from '../random/index.js';
import type { Images, Labels, Probabilities } from '../tensor/index.js';
import type { TrainingPosition } from './optimizer.js';

/** One batch and where it stands. */
export interface StepInput {
  readonly images: Images;
  readonly labels: Labels;
  readonly indices: Int32Array;
  /** Steps done in the phase. */
  readonly step: number;
  readonly position: TrainingPosition;
  readonly random: Random;
  /** The teacher's outputs where they are known already; else it runs. */
  readonly teacherOutput?: NetworkOutput | undefined;
}

/**
 * The step as a loss sees it; what the phase does not read throws when it is touched. Call it inside `tf.tidy`.
 *
 * @param outputs per student its outputs, `undefined` for one that does not run
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
    oneHot: withoutTape(() => tf.cast(tf.oneHot(input.labels, classes), 'float32')) as Probabilities,
    indices: input.indices,
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
    epoch: Math.floor(input.position.epoch),
    step: input.step,
    progress: input.position.epoch / input.position.epochs,
    random: input.random,
  };
}
