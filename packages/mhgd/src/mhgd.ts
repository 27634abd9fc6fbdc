import {
  defineMethod,
  DistillError,
  eitherOf,
  flag,
  nonNegative,
  oneOf,
  positive,
  wholeNumber,
  withTeacher,
  temperatureRange,
} from '@distilljs/core';
import type { Plan, TaughtContext } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { createModules, moduleAverages, moduleWeights } from './attention/index.js';
import { createSensingPoints, headInputs, mapPairs, projectionVariables } from './compression/index.js';
import { costOf } from './cost.js';
import type { MhgdOptions } from './options.js';
import { headsPhase, headWidthLimit, reviewScores, transferPhase } from './phase/index.js';
import { tapChecks } from './sensing-points.js';

const defaults: MhgdOptions = Object.freeze({
  heads: 8,
  headEpochs: 'auto',
  headInputs: 'auto',
  headLearningRate: 0.1,
  headDecay: 5e-4,
  dropHeads: true,
  candidates: 4,
  warmUp: true,
  ceWeight: 1,
  kdWeight: 0,
  temperature: 4,
  studentTaps: 'auto',
  teacherTaps: 'auto',
});

/**
 * Multi-head Graph Distillation. An SVD compresses each feature map to one vector per image. Attention heads learn,
 * from the teacher alone, how a batch's vectors at the back of a module relate to those at its front. The student
 * learns the resulting graphs alongside its task.
 *
 * There are two phases. Phase `heads` is extra: phase `transfer` gets all epochs of the run. So the student takes as
 * many steps, on the same batches and learning rates, as with any other method.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, also `option` for
 *   a batch size below 2, and `tap` or `shape` for taps that do not exist or are not feature maps
 * @see Lee and Song, Graph-based Knowledge Distillation by Multi-head Attention Network, BMVC 2019 (arXiv 1907.02226)
 *
 * Certainty: written from the authors' poster and code; the paper's text and supplement were not available to us.
 * Details that appear only in the code are marked.
 */
export const mhgd = defineMethod<MhgdOptions>({
  name: 'mhgd',
  repeatable: true,
  defaults,
  check: {
    heads: wholeNumber({ min: 1, max: 256 }),
    headEpochs: eitherOf(oneOf('auto'), wholeNumber({ min: 1, limit: 100_000 })),
    headInputs: eitherOf(oneOf('auto', 'all'), wholeNumber({ min: 2 })),
    headLearningRate: positive,
    headDecay: nonNegative,
    dropHeads: flag,
    candidates: wholeNumber({ min: 1 }),
    warmUp: flag,
    ceWeight: nonNegative,
    kdWeight: nonNegative,
    temperature: temperatureRange,
    ...tapChecks,
  },
  // The task's gradient limits that of the transfer.
  weights: ['ceWeight', 'kdWeight'],
  plan: (context, options) => planMhgd(withTeacher('mhgd', context), options),
});

function planMhgd(context: TaughtContext, options: Readonly<MhgdOptions>): Plan {
  if (context.batchSize < 2) {
    throw new DistillError({
      code: 'option',
      where: 'batchSize',
      expected: 'at least 2, as mhgd relates the images of a batch to each other',
      got: String(context.batchSize),
    });
  }
  const pairs = mapPairs('mhgd', context, options);
  const points = createSensingPoints(pairs, context.random, headWidthLimit(options, context));
  const modules = createModules(options.heads, points.map(headInputs), context.random.fork('modules'));
  const state = { points, modules };
  const projections = projectionVariables(points);
  const weights = moduleWeights(modules);
  const auxiliary = { ...weights, ...moduleAverages(modules), ...projections };
  return {
    auxiliary,
    phases: [
      headsPhase(state, options, context),
      transferPhase(state, options, {
        variables: context.students[0].variables,
        optimizer: context.optimizer,
        epochs: context.epochs,
      }),
    ],
    cost: costOf({ points, modules, trained: { ...weights, ...projections } }, options, context.batchSize),
    review: reviewScores,
    dispose: () => {
      tf.dispose([...Object.values(auxiliary), ...points.flatMap(({ sketch }) => sketch ?? [])]);
    },
  };
}
