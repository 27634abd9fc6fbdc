import * as tf from '@tensorflow/tfjs-core';
import { sgd, withoutTape } from '@distilljs/core';
import type { Embedding, LossTerms, Phase, PlanContext, Scalar, Step } from '@distilljs/core';
import { dropMask, estimate, moduleWeights, scoreDeviation, scores } from '../attention/index.js';
import type { AttentionModule } from '../attention/index.js';
import { onlyVector, senseTeacher } from '../compression/index.js';
import type { SensingPoint } from '../compression/index.js';
import { reconstruction } from '../loss/index.js';
import type { MhgdOptions } from '../options.js';
import { headEpochs } from './head-epochs.js';

/** What both phases work with. */
export interface MhgdState {
  readonly points: readonly SensingPoint[];
  /** One less than points. */
  readonly modules: readonly AttentionModule[];
}

/**
 * Phase `heads`: heads and estimators learn, from the teacher alone and without labels, to rebuild each module's back
 * vectors from its front vectors. SGD with momentum 0.9 (Nesterov) at a constant rate, `2 λ` of weight decay.
 *
 * Terms: `reconstruct`, summed over modules; and, of weight 0, the mean over modules of the scores' standard deviation with
 * the batch's statistics (`scoresBatch`) and with the moving averages (`scoresMoving`) that phase `transfer` will use. At
 * the end of the phase they should be of one size.
 */
export function headsPhase(state: MhgdState, options: MhgdOptions, context: PlanContext): Phase {
  const stepsPerEpoch = Math.max(1, Math.floor(context.train.size / context.batchSize));
  return {
    name: 'heads',
    epochs: headEpochs(options.headEpochs, context.epochs, stepsPerEpoch),
    reads: { teacher: state.points.map(({ teacherTap }) => teacherTap) },
    updates: [
      {
        name: 'heads',
        variables: moduleWeights(state.modules),
        optimizer: sgd({
          learningRate: options.headLearningRate,
          momentum: 0.9,
          nesterov: true,
          weightDecay: 2 * options.headDecay,
        }),
        terms: (step) => headTerms(step, state, options.dropHeads),
      },
    ],
  };
}

function headTerms(step: Step, { points, modules }: MhgdState, dropHeads: boolean): LossTerms {
  const vectors = senseTeacher(step.teacher, points, 1).map(onlyVector);
  const each = modules.map(({ attention, estimator }, index) => {
    const [front, back] = [vectors[index] as Embedding, vectors[index + 1] as Embedding];
    const batch = scores(front, back, attention, 'batch');
    const mask = dropHeads
      ? dropMask(attention.heads, front.shape[0], step.random.fork(`drop-${index}`))
      : tf.ones<tf.Rank.R3>([attention.heads, front.shape[0], 1]);
    return {
      reconstruct: reconstruction(estimate(front, tf.softmax(batch), mask, estimator), back),
      ...withoutTape(() => ({
        scoresBatch: scoreDeviation(batch),
        scoresMoving: scoreDeviation(scores(front, back, attention, 'moving')),
      })),
    };
  });
  return {
    reconstruct: { value: tf.addN<Scalar>(each.map(({ reconstruct }) => reconstruct)), weight: 1 },
    scoresBatch: { value: tf.mean(tf.stack(each.map(({ scoresBatch }) => scoresBatch))), weight: 0 },
    scoresMoving: { value: tf.mean(tf.stack(each.map(({ scoresMoving }) => scoresMoving))), weight: 0 },
  };
}
