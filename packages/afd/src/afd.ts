import { defineMethod } from '@distilljs/core';
import type { FeatureMap, Update } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { createAdversary } from './adversary.js';
import type { Adversary } from './adversary.js';
import {
  cohortCost,
  cohortMaps,
  cohortTaps,
  cohortVariables,
  expectCohort,
  joinVariables,
  teacherOf,
} from './cohort/index.js';
import { runGeometry } from './discriminator/index.js';
import { studentExtractors } from './extractor.js';
import { mutualLogits } from './loss/index.js';
import { oncePerStep } from './once-per-step.js';
import { adversarialChecks, afdDefaults, cohortChecks, mapChecks } from './options.js';
import type { AdversarialOptions, AfdOptions } from './options.js';
import { reviewDiscriminators } from './review.js';

/**
 * Online adversarial feature-map distillation: K networks learn from each other from scratch, in the cycle
 * 1 → 2 → … → K → 1. Network k gets the predictions of its teacher t = k − 1, and plays against a discriminator D_k that
 * learns to tell t's feature maps (real) from its own (fake):
 *
 * - `logits`, by the run's optimizer, all of network k: `ceWeight · CE(y, z_k) + kdWeight · T² KL(softmax(z_t / T) ‖ softmax(z_k / T))`
 * - `features`, by Adam, extractor and transfer layer of network k: `L_Gk = mean((1 − D_k(A_k))²)`
 * - `discriminators`, by Adam, D_k: `L_Dk = mean((1 − D_k(A_t))²) + mean(D_k(A_k)²)`
 *
 * with `A_k = T_k(F_k)`, T_k a transfer layer where the networks' maps are of unlike shape, else the map itself. Logged:
 * `logits/ce1`, `logits/kd1`, `features/generator1`, `discriminators/loss1`, and the mean scores `discriminators/own1` and
 * `discriminators/peer1`. Chance is 0.5 for a discriminator's loss and scores, 0.25 for a generator's loss.
 *
 * Discriminators and transfer layers stay behind after training: every network stands alone.
 * @throws DistillError code `option`; when it is planned, also `option` (another number of students), `tap` and `shape`
 * @see Chung, Park, Kim, Kwak, Feature-map-level Online Adversarial Knowledge Distillation, ICML 2020 (arXiv 2002.01775)
 */
export const afd = defineMethod<AfdOptions>({
  name: 'afd',
  defaults: afdDefaults,
  check: { ...adversarialChecks, ...cohortChecks, ...mapChecks },
  plan(context, options) {
    expectCohort('afd', options.networks, context);
    // All that can be refused is looked at before the first variable is made.
    const tapped = cohortTaps('afd', context, options);
    const geometry = runGeometry('afd', context, options, tapped.shape);
    const extractors = joinVariables('network', studentExtractors(context, tapped.taps));
    const maps = cohortMaps(context, tapped);
    const read = oncePerStep(maps.read);
    const adversary = createAdversary(context, options, {
      shape: tapped.shape,
      geometry,
      transfers: maps.transfers,
      generators: { ...extractors, ...maps.variables },
      own: read,
      peers: (step) => {
        const all = read(step);
        return all.map((_, index) => all[teacherOf(index, all.length)] as FeatureMap);
      },
    });
    const others = cohortCost(context);
    return {
      auxiliary: { ...maps.variables, ...adversary.variables },
      cost: {
        ...adversary.cost,
        trainParameters: others.trainParameters + adversary.cost.trainParameters,
        trainMacs: others.trainMacs + adversary.cost.trainMacs,
      },
      phases: [
        {
          name: 'train',
          epochs: context.epochs,
          reads: { students: tapped.taps.map((tap) => [tap]) },
          order: options.order,
          updates: inOrder(options.order, adversary, {
            name: 'logits',
            variables: cohortVariables(context),
            optimizer: context.optimizer,
            terms: (step) => mutualLogits(step, { ...options, peers: 'cycle' }),
          }),
          inspect: (step) => ({ scores: adversary.scoreTable(read(step)) }),
        },
      ],
      review: reviewDiscriminators,
      dispose() {
        adversary.dispose();
        tf.dispose(Object.values(maps.variables));
      },
    };
  },
});

/**
 * The three updates in the order of their application. With all gradients at the same parameters the order of the last two
 * changes nothing; `sequential` moves the discriminators first, so that extractors see what they have learned.
 */
export function inOrder(
  order: AdversarialOptions['order'],
  { features, discriminatorUpdate }: Adversary,
  logits: Update,
): readonly Update[] {
  return order === 'snapshot'
    ? [logits, features, discriminatorUpdate]
    : [logits, discriminatorUpdate, features];
}
