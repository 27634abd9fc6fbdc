import {
  defineMethod,
  eitherOf,
  inRange,
  NO_COST,
  nonNegative,
  oneOf,
  positive,
  temperatureRange,
} from '@distilljs/core';
import type { Plan, PlanContext } from '@distilljs/core';
import { readExperts } from '../hme/index.js';
import { kdExplainerDefaults } from './options.js';
import type { KdExplainerOptions } from './options.js';
import { WARM_UP } from './optimizers.js';
import { retrainPhase, searchPhase } from './phases.js';

/**
 * KDExplainer: trains a hierarchical mixture of experts (`hmePaper`, `hmeReleased`). Its attention then shows which
 * experts serve which classes; `explain` reads it.
 *
 * Phase `search` trains experts, heads and attention together, with attention annealed. Phase `retrain` makes attention
 * hard, which leaves a tree, and trains that tree from new weights: its result measures the tree, not the weights of
 * the search. The tree uses Θ after the last epoch of the search, whereas the released code takes the epoch with the
 * best validation accuracy.
 *
 * A run chooses its best epoch within the last phase. With `retrainShare` above 0, `restoreBest()` gives a tree; with
 * 0, it gives the student of the search, with soft attention.
 *
 * The loss depends on the student's heads. With `binary` heads it is the sum over subtasks "is it class k?" (or their
 * mean, see `reduction`); with `nce` and `one_logit`, a multi-class loss. With binary heads, core's validation
 * cross-entropy is the multi-class one with the margins as logits.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, `network` for a
 *   student that is not a mixture of experts
 * @see Xue et al., KDExplainer, IJCAI 2021 (arXiv 2105.04181). Certainty: phases, schedules and multi-class losses are
 *   the released code's; the binary losses are proposed, following abstract and figure.
 */
export const kdExplainer = defineMethod<KdExplainerOptions>({
  name: 'kdexplainer',
  repeatable: true,
  defaults: kdExplainerDefaults,
  check: {
    training: oneOf('kd', 'plain', 'label-smoothing'),
    ceWeight: nonNegative,
    kdWeight: nonNegative,
    temperature: temperatureRange,
    smoothing: inRange(0, 0.99),
    reduction: oneOf('sum', 'mean'),
    gamma: nonNegative,
    attentionTemperature: eitherOf(oneOf('annealed'), positive),
    retrainShare: inRange(0, 0.9),
    optimizer: oneOf('released', 'run'),
    learningRate: positive,
    attentionLearningRate: nonNegative,
    weightDecay: nonNegative,
  },
  weights: ({ training }) => (training === 'kd' ? ['ceWeight', 'kdWeight'] : []),
  plan: planOf,
});

function planOf(context: PlanContext, options: KdExplainerOptions): Plan {
  const training = { context, options, experts: readExperts(context.students[0].model) };
  const retrainEpochs = Math.min(context.epochs - 1, Math.round(options.retrainShare * context.epochs));
  const search = searchPhase(training, context.epochs - retrainEpochs);
  return {
    phases: retrainEpochs > 0 ? [search, retrainPhase(training, retrainEpochs)] : [search],
    auxiliary: {},
    review: (history) => (history.length > 0 ? stillAttention(options, search.epochs) : []),
    cost: NO_COST,
    dispose: () => undefined,
  };
}

/** Warns of a search that ends before the released schedule lets Θ change. */
function stillAttention(options: KdExplainerOptions, epochs: number): readonly string[] {
  const { optimizer, attentionLearningRate, retrainShare } = options;
  if (optimizer === 'run' || attentionLearningRate === 0 || epochs > WARM_UP) return [];
  return [
    `The search has ${epochs} of the epochs, and the released schedule moves attention from epoch ${WARM_UP + 1} on: Θ stays as it was drawn. ` +
      `Train for more epochs${retrainShare > 0 ? ", lower kdExplainer's retrainShare" : ''}, or choose optimizer 'run'.`,
  ];
}
