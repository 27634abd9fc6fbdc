import * as tf from '@tensorflow/tfjs-core';
import { taskReads, taskTerms, withoutTape } from '@distilljs/core';
import type { Embedding, LossTerms, OptimizerSpec, Phase, Scalar, Step } from '@distilljs/core';
import type { NamedVariables } from '@distilljs/core';
import { scoreDeviation, scores } from '../attention/index.js';
import {
  firstVectors,
  knownVectors,
  projectionVariables,
  senseStudent,
  shareOfOthers,
} from '../compression/index.js';
import { graphDivergence } from '../loss.js';
import type { MhgdOptions } from '../options.js';
import { transferPolicy } from '../transfer-policy.js';
import { headVectors } from './heads-phase.js';
import type { MhgdState } from './heads-phase.js';
import { inspectGraphs } from './inspect-graphs.js';

/** The student of phase `transfer`: its variables, optimizer and number of epochs. */
export interface TransferStudent {
  readonly variables: NamedVariables;
  readonly optimizer: OptimizerSpec;
  readonly epochs: number;
}

/**
 * Phase `transfer`: the student learns the task and the teacher's graphs. The heads and their statistics are frozen.
 *
 * Terms: `ce`, `kd` and `transfer`. `transfer` is the divergence per row of a graph, weighted by the number of rows
 * (modules × heads × batch), so that the weighted term is the paper's sum. Terms of weight 0: `otherVectors` (share of
 * the student's vectors that are not its first), and `scoresTeacher` and `scoresStudent` (standard deviations, mean
 * over modules).
 */
export function transferPhase(
  state: MhgdState,
  options: MhgdOptions,
  { variables, optimizer, epochs }: TransferStudent,
): Phase {
  return {
    name: 'transfer',
    epochs,
    reads: {
      students: [state.points.map(({ studentTap }) => studentTap)],
      teacher: state.points.map(({ teacherTap }) => teacherTap),
      condense: firstVectors(state.points),
      ...taskReads(options),
    },
    updates: [
      {
        name: 'student',
        variables: { ...variables, ...projectionVariables(state.points) },
        optimizer,
        terms: (step) => ({ ...taskTerms(step, options), ...transferTerms(step, state, options) }),
        combine: transferPolicy(options.warmUp),
      },
    ],
    inspect: (step) => inspectGraphs(step, state, options),
  };
}

function transferTerms(step: Step, { points, modules }: MhgdState, options: MhgdOptions): LossTerms {
  const ofTeacher = knownVectors(step.teacher, points);
  const ofStudent = senseStudent(step.student, points, ofTeacher, options.candidates);
  const [teacher, student] = [headVectors(ofTeacher, points), headVectors(ofStudent, points)];
  const each = modules.map(({ attention }, index) => {
    const scoresOf = (vectors: Embedding[]): ReturnType<typeof scores> =>
      scores(vectors[index] as Embedding, vectors[index + 1] as Embedding, attention, 'moving');
    const target = withoutTape(() => scoresOf(teacher));
    const found = scoresOf(student);
    return {
      divergence: graphDivergence(found, target),
      ...withoutTape(() => ({ target: scoreDeviation(target), found: scoreDeviation(found) })),
    };
  });
  const rows = modules.length * options.heads * step.images.shape[0];
  const sum = tf.addN<Scalar>(each.map(({ divergence }) => divergence));
  return {
    transfer: { value: tf.div<Scalar>(sum, rows), weight: rows },
    ...withoutTape(() => ({
      otherVectors: { value: shareOfOthers(ofStudent), weight: 0 },
      scoresTeacher: { value: tf.mean<Scalar>(tf.stack(each.map(({ target }) => target))), weight: 0 },
      scoresStudent: { value: tf.mean<Scalar>(tf.stack(each.map(({ found }) => found))), weight: 0 },
    })),
  };
}
