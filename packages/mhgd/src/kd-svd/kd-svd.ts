import * as tf from '@tensorflow/tfjs-core';
import {
  defineMethod,
  DistillError,
  flag,
  NO_COST,
  nonNegative,
  oneOf,
  positive,
  taskReads,
  taskTerms,
  wholeNumber,
  withoutTape,
  withTeacher,
  temperatureRange,
} from '@distilljs/core';
import type { LossTerms, Plan, Scalar, Step, TaughtContext } from '@distilljs/core';
import {
  createSensingPoints,
  mapPairs,
  projectionVariables,
  senseStudent,
  senseTeacher,
  shareOfOthers,
} from '../compression/index.js';
import type { MapPair, SensingPoint } from '../compression/index.js';
import { compressionMacs, parameterCount } from '../cost.js';
import { tapChecks } from '../sensing-points.js';
import { transferPolicy } from '../transfer-policy.js';
import type { KdSvdOptions } from './options.js';
import { relationLoss } from './relation-loss.js';

const defaults: KdSvdOptions = Object.freeze({
  form: 'rank-1',
  vectors: 1,
  beta: 8,
  warmUp: true,
  ceWeight: 1,
  kdWeight: 0,
  temperature: 4,
  studentTaps: 'auto',
  teacherTaps: 'auto',
});

/**
 * KD-SVD, the baseline of MHGD. Per image, a radial basis function relates the entries of the teacher's singular
 * vectors at both ends of a module; the student learns these relations. One phase, with MHGD's gradient clipping.
 *
 * Terms: `ce`, `kd`, `transfer` and `otherVectors`. `transfer` is the loss per image, weighted by the batch size, so
 * that the weighted term is the sum. `otherVectors` (weight 0) is the share of the student's vectors that are not its
 * first.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, also `option` for
 *   more vectors than a map has, and `tap` or `shape` for taps that do not exist or are not feature maps
 * @see Lee, Kim and Song, Self-supervised Knowledge Distillation using Singular Value Decomposition, ECCV 2018
 */
export const kdSvd = defineMethod<KdSvdOptions>({
  name: 'kd-svd',
  repeatable: true,
  defaults,
  check: {
    form: oneOf('rank-1', 'eccv'),
    vectors: wholeNumber({ min: 1 }),
    beta: positive,
    warmUp: flag,
    ceWeight: nonNegative,
    kdWeight: nonNegative,
    temperature: temperatureRange,
    ...tapChecks,
  },
  // The task's gradient limits that of the transfer.
  weights: ['ceWeight', 'kdWeight'],
  plan: (context, options) => planKdSvd(withTeacher('kd-svd', context), options),
});

function planKdSvd(context: TaughtContext, options: Readonly<KdSvdOptions>): Plan {
  const pairs = mapPairs('kd-svd', context, options);
  expectVectors(pairs, options.vectors);
  const points = createSensingPoints(pairs, context.random);
  const auxiliary = projectionVariables(points);
  return {
    auxiliary,
    phases: [
      {
        name: 'train',
        epochs: context.epochs,
        reads: {
          students: [points.map(({ studentTap }) => studentTap)],
          teacher: points.map(({ teacherTap }) => teacherTap),
          ...taskReads(options),
        },
        updates: [
          {
            name: 'student',
            variables: { ...context.students[0].variables, ...auxiliary },
            optimizer: context.optimizer,
            terms: (step) => ({ ...taskTerms(step, options), ...transferTerms(step, points, options) }),
            combine: transferPolicy(options.warmUp),
          },
        ],
      },
    ],
    cost: {
      ...NO_COST,
      trainParameters: parameterCount(auxiliary),
      trainMacs: compressionMacs(points, options.vectors, candidatesOf(options)),
    },
    dispose: () => {
      tf.dispose(Object.values(auxiliary));
    },
  };
}

/** Throws where a map has too few positions or channels for so many singular vectors. */
function expectVectors(pairs: readonly MapPair[], vectors: number): void {
  const sizes = pairs.flatMap(({ channels, studentPositions, teacherPositions }) => [
    channels,
    studentPositions,
    teacherPositions,
  ]);
  const most = Math.min(...sizes);
  if (vectors <= most) return;
  throw new DistillError({
    code: 'option',
    where: 'kd-svd.vectors',
    expected: `at most ${most}, the smallest number of positions or channels at a tap`,
    got: String(vectors),
  });
}

function candidatesOf({ form, vectors }: KdSvdOptions): number {
  return vectors + (form === 'eccv' ? 1 : 3);
}

function transferTerms(step: Step, points: readonly SensingPoint[], options: KdSvdOptions): LossTerms {
  const teacher = senseTeacher(step.teacher, points, options.vectors);
  const aligned = senseStudent(step.student, points, teacher, candidatesOf(options));
  const student = aligned.map(({ vectors }) => vectors);
  const images = step.images.shape[0];
  return {
    transfer: {
      value: tf.div<Scalar>(relationLoss(student, teacher, options), images),
      weight: images,
    },
    otherVectors: { value: withoutTape(() => shareOfOthers(aligned)), weight: 0 },
  };
}
