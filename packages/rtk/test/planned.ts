import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createRandom, sgd } from '@distilljs/core';
import type {
  LossTerms,
  Method,
  NetworkOutput,
  NetworkShape,
  Plan,
  PlanContext,
  Step,
} from '@distilljs/core';
import type { AttentionOptions } from '../src/index.js';
import { base, golden, namedWeights, studentFeatures, teacherFeatures, tensor } from './golden.js';
import type { GoldenParams } from './golden.js';

/** A network by its tap shapes alone: what planning looks at. */
export function shapeOf(name: string, shapes: Readonly<Record<string, readonly number[]>>): NetworkShape {
  const tapNames = Object.keys(shapes);
  return {
    name,
    inputShape: [32, 32, 3],
    classes: 10,
    tapNames,
    tapShape: (tap) => shapes[tap] ?? [],
    tapOutput: (tap) => tapNames.indexOf(tap),
    parameters: 0,
    macs: 0,
  };
}

/** The options that a plan over the file's maps needs. */
export const goldenTaps = {
  width: 4,
  teacherTaps: base.teacherHWC.map((_, place) => `stage${place + 1}`),
  studentTaps: base.studentHWC.map((_, place) => `stage${place + 1}`),
} satisfies Partial<AttentionOptions>;

const stagesOf = (name: string, shapes: readonly (readonly number[])[]): NetworkShape =>
  shapeOf(name, Object.fromEntries(shapes.map((shape, place) => [`stage${place + 1}`, shape])));

/** Networks with the file's layers. */
export const goldenNetworks = {
  teacher: stagesOf('teacher', base.teacherHWC),
  student: stagesOf('student', base.studentHWC),
};

/** Plans for networks with the file's layers; `changes` to what the run hands over. */
export async function goldenPlan(
  method: Method<AttentionOptions>,
  changes: Partial<PlanContext> = {},
): Promise<Plan> {
  const context = { epochs: 1, batchSize: 4, optimizer: sgd(), random: createRandom(1) };
  const { teacher } = goldenNetworks;
  const student = { ...goldenNetworks.student, variables: {} };
  return method.plan({ ...context, students: [student], teacher, ...changes } as unknown as PlanContext);
}

/** Puts the file's weights into a plan's attention. */
export function setGoldenWeights(
  plan: Plan,
  params: GoldenParams,
  direction: AttentionOptions['direction'],
): void {
  tf.tidy(() => {
    for (const [name, value] of Object.entries(namedWeights(params, direction))) {
      (plan.auxiliary[name] as tf.Variable).assign(value);
    }
  });
}

/** What the terms are computed from. */
export interface GoldenOutputs {
  readonly studentMaps: readonly tf.Tensor[];
  readonly studentLogits: tf.Tensor;
}

/** The terms of one step with the file's maps and logits. */
export function termsOf(plan: Plan, outputs: Partial<GoldenOutputs> = {}): LossTerms {
  const { labels, teacherLogits, studentLogits } = golden.objective;
  const given = { studentMaps: studentFeatures(), studentLogits: tensor(studentLogits), ...outputs };
  const output = (logits: tf.Tensor, maps: readonly tf.Tensor[]): NetworkOutput => ({
    logits: logits as Tensor2D,
    tap: (name) => maps[Number(name.slice(5)) - 1] as tf.Tensor,
  });
  const phase = plan.phases[0];
  const maps = output(tensor(teacherLogits), teacherFeatures());
  // As the trainer hands them to the terms: condensed.
  const condensed = phase?.reads.condense?.of(maps) ?? {};
  const step = {
    oneHot: tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 5), 'float32'),
    teacher: { ...maps, tap: (name: string) => condensed[name] as tf.Tensor },
    student: output(given.studentLogits, given.studentMaps),
  } as unknown as Step;
  return phase?.updates[0]?.terms(step) ?? {};
}
