import { createRandom, freeze, sgd } from '@distilljs/core';
import type {
  FeatureMap,
  Logits,
  LossTerms,
  Method,
  Network,
  Plan,
  PlanContext,
  Step,
} from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';

/** One network of a step, as if it had run. */
export interface Said {
  readonly logits: Logits;
  readonly map?: FeatureMap | undefined;
}

/** What a method plans for these networks, without a run; the caller disposes it. */
export async function planOf(method: Method, students: readonly Network[], teacher?: Network): Promise<Plan> {
  const context: PlanContext = {
    students: students as PlanContext['students'],
    teacher: teacher === undefined ? undefined : freeze(teacher),
    train: tinyDataset(12, 1),
    images: (positions) => Promise.resolve(tf.zeros([positions.length, 6, 6, 2])),
    epochs: 4,
    batchSize: 12,
    optimizer: sgd({ learningRate: 0.1 }),
    random: createRandom(1),
  };
  return method.plan(context);
}

/** The terms of an update of the plan's, for what networks are said to have given. Call it inside `tf.tidy`. */
export function termsOf(plan: Plan, update: string, step: Step): LossTerms {
  return plan.phases[0]?.updates.find(({ name }) => name === update)?.terms(step) ?? {};
}

/** A step with these outputs; every tap of a network gives its one map. */
export function stepOf(students: readonly Said[], labels: readonly number[], teacher?: Said): Step {
  const output = ({ logits, map }: Said): object => ({ logits, tap: () => map });
  const classes = students[0]?.logits.shape[1] ?? 0;
  const oneHot = tf.cast(tf.oneHot(tf.tensor1d([...labels], 'int32'), classes), 'float32');
  const [all, fixed] = [students.map(output), teacher === undefined ? undefined : output(teacher)];
  return { students: all, student: all[0], teacher: fixed, oneHot } as unknown as Step;
}

/** Networks of one width for 6×6×2 images; their map `stage3` is 3×3×4. */
export const cohort = (networks: number): Network[] =>
  Array.from({ length: networks }, (_, index) => tinyNetwork(index + 1, { width: 2 }));

/** The logit loss of a network, counted from 1, weights included. */
export const totalOf = (terms: LossTerms, network: number): tf.Scalar =>
  [terms[`ce${network}`], terms[`kd${network}`]].reduce<tf.Scalar>(
    (sum, term) => (term === undefined ? sum : tf.add(sum, tf.mul(term.value, term.weight))),
    tf.scalar(0),
  );
