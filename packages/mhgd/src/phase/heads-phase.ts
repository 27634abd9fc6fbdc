import * as tf from '@tensorflow/tfjs-core';
import { sgd, taskReads, withoutTape } from '@distilljs/core';
import type { Embedding, LossTerms, Phase, PlanContext, Scalar, Step } from '@distilljs/core';
import { dropMask, estimate, moduleWeights, scoreDeviation, scores } from '../attention/index.js';
import type { AttentionModule } from '../attention/index.js';
import { firstVectors, knownVectors, onlyVector, sketched } from '../compression/index.js';
import type { SensingPoint } from '../compression/index.js';
import { reconstruction } from '../loss.js';
import type { MhgdOptions } from '../options.js';

/**
 * Steps after which heads have settled, with the default rate and decay: these alone halve the scores about every 350 steps, whatever the
 * images. They begin with scores that deviate by 9 to 18, and end at 0.8 to 1.3, where tanh still tells scores apart. The authors' 40
 * epochs are 15,600 steps.
 */
const SETTLED_STEPS = 1000;

/** Epochs of phase `heads` in a run of `epochs`, where the option is `auto`: 40 % of them, and at least 1,000 steps. */
export function headEpochs(option: number | 'auto', epochs: number, stepsPerEpoch: number): number {
  return option === 'auto'
    ? Math.max(Math.round(0.4 * epochs), Math.ceil(SETTLED_STEPS / stepsPerEpoch))
    : option;
}

/** Steps after which heads of 1,280 channels have settled: their first scores are about twenty times as large. */
const WIDE_SETTLED_STEPS = 2500;
/** Width of the widest vectors whose heads settle in {@link SETTLED_STEPS}. */
const SKETCH = 64;

/** Numbers per vector that heads see at most. */
export function headWidthLimit(
  { headInputs, headEpochs: option }: MhgdOptions,
  context: PlanContext,
): number {
  if (headInputs !== 'auto') return headInputs === 'all' ? Infinity : headInputs;
  const own = option === 'auto' ? 0.4 * context.epochs : option;
  return own * stepsPerEpoch(context) >= WIDE_SETTLED_STEPS ? Infinity : SKETCH;
}

const stepsPerEpoch = ({ train, batchSize }: PlanContext): number =>
  Math.max(1, Math.floor(train.size / batchSize));

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
  return {
    name: 'heads',
    epochs: headEpochs(options.headEpochs, context.epochs, stepsPerEpoch(context)),
    reads: {
      teacher: state.points.map(({ teacherTap }) => teacherTap),
      condense: firstVectors(state.points),
      // The student's phase weighs images, if anything does.
      ...{ weights: taskReads(options).weights, labels: false },
    },
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

/** What the heads see of vectors that were compressed from maps, per point. */
export const headVectors = (
  vectors: readonly Parameters<typeof onlyVector>[0][],
  points: readonly SensingPoint[],
): Embedding[] => vectors.map((each, at) => sketched(onlyVector(each), points[at] as SensingPoint));

function headTerms(step: Step, { points, modules }: MhgdState, dropHeads: boolean): LossTerms {
  const vectors = headVectors(knownVectors(step.teacher, points), points);
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
