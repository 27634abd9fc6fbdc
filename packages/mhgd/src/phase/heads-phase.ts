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
 * Steps after which heads have settled with the default learning rate and weight decay. These alone halve the scores
 * about every 350 steps, whatever the images. The scores' standard deviation starts at 9 to 18 and ends at 0.8 to 1.3,
 * where tanh still separates them. The authors' 40 epochs are 15,600 steps.
 */
const SETTLED_STEPS = 1000;

/** Epochs of phase `heads` in a run of `epochs`. For `auto`: 40 % of them, and at least 1,000 steps. */
export function headEpochs(option: number | 'auto', epochs: number, stepsPerEpoch: number): number {
  return option === 'auto'
    ? Math.max(Math.round(0.4 * epochs), Math.ceil(SETTLED_STEPS / stepsPerEpoch))
    : option;
}

/** Steps after which heads of 1,280 channels have settled: their initial scores are about twenty times as large. */
const WIDE_SETTLED_STEPS = 2500;
/** Width of the widest vectors whose heads settle in {@link SETTLED_STEPS}. */
const SKETCH = 64;

/** Largest width of the vectors that heads see; Infinity for no limit. */
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

/** State that both phases share. */
export interface MhgdState {
  readonly points: readonly SensingPoint[];
  /** One per pair of neighbouring points. */
  readonly modules: readonly AttentionModule[];
}

/**
 * Phase `heads`: heads and estimators learn, from the teacher alone and without labels, to reconstruct each module's
 * back vectors from its front vectors. SGD with momentum 0.9 (Nesterov), a constant learning rate and weight decay
 * `2 λ`.
 *
 * Terms: `reconstruct`, summed over modules. Two more have weight 0 and report the scores' standard deviation, mean
 * over modules. `scoresBatch` uses the batch's statistics, `scoresMoving` the moving averages that phase `transfer`
 * will use. At the end of the phase the two should be close.
 */
export function headsPhase(state: MhgdState, options: MhgdOptions, context: PlanContext): Phase {
  return {
    name: 'heads',
    epochs: headEpochs(options.headEpochs, context.epochs, stepsPerEpoch(context)),
    reads: {
      teacher: state.points.map(({ teacherTap }) => teacherTap),
      condense: firstVectors(state.points),
      // The heads ignore image weights. Phase `transfer` reads them, and without the flag here a weighted dataset is refused.
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

/** The compressed vectors as the heads see them, `[n, c]` per point. */
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
