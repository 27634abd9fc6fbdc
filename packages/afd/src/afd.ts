import { defineMethod, taskReads } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { adversarialPlan } from './adversary.js';
import {
  cohortCost,
  cohortMaps,
  cohortTaps,
  cohortVariables,
  expectCohort,
  joinVariables,
  teacherOf,
} from './cohort.js';
import { runGeometry } from './discriminator-geometry.js';
import { studentExtractors } from './extractor.js';
import { mutualLogits } from './losses.js';
import { adversarialChecks, afdDefaults, cohortChecks, mapChecks } from './options.js';
import type { AfdOptions } from './options.js';

/**
 * Online adversarial feature-map distillation: K networks learn from each other from scratch, in the cycle
 * 1 → 2 → … → K → 1. Network k learns from the predictions of its teacher t = k − 1 (K for the first network). It also
 * plays against a discriminator D_k that learns to tell t's feature maps (real) from k's own (fake):
 *
 * - `logits`, by the run's optimizer, all of network k:
 *   `ceWeight · CE(y, z_k) + kdWeight · T² KL(softmax(z_t / T) ‖ softmax(z_k / T))`
 * - `features`, by Adam, extractor and transfer layer of network k: `L_Gk = mean((1 − D_k(A_k))²)`
 * - `discriminators`, by Adam, D_k: `L_Dk = mean((1 − D_k(A_t))²) + mean(D_k(A_k)²)`
 *
 * with `A_k = T_k(F_k)`: T_k is a transfer layer where the networks' maps differ in shape, else the identity. Logged:
 * `logits/ce1`, `logits/kd1`, `features/generator1`, `discriminators/loss1`, and the mean scores `discriminators/own1`
 * and `discriminators/peer1`. Chance is 0.5 for a discriminator's loss and scores, 0.25 for a generator's loss.
 *
 * Discriminators and transfer layers are dropped after training: every network stands alone.
 *
 * @throws DistillError code `option`. When planned, also `option` for a different number of students, `tap` and `shape`
 * @see Chung, Park, Kim, Kwak, Feature-map-level Online Adversarial Knowledge Distillation, ICML 2020 (arXiv
 *   2002.01775)
 */
export const afd = defineMethod<AfdOptions>({
  name: 'afd',
  repeatable: true,
  defaults: afdDefaults,
  check: { ...adversarialChecks, ...cohortChecks, ...mapChecks },
  async plan(context, options) {
    // Everything that may be refused is checked before the first variable is created, or the variable would leak.
    expectCohort('afd', options.networks, context);
    const tapped = cohortTaps('afd', context, options);
    const geometry = runGeometry('afd', context, options, tapped.shape);
    const extractors = joinVariables('network', await studentExtractors('afd', context, tapped.taps));
    const { transfers, read } = cohortMaps(context, tapped);
    return adversarialPlan(context, options, {
      shape: tapped.shape,
      geometry,
      extractors,
      transfers,
      reads: { students: tapped.taps.map((tap) => [tap]), ...taskReads(options) },
      ownMaps: read,
      peerMaps: (_, own) => own.map((__, network) => own[teacherOf(network, own.length)] as FeatureMap),
      logits: {
        name: 'logits',
        variables: cohortVariables(context),
        optimizer: context.optimizer,
        terms: (step) => mutualLogits(step, { ...options, peers: 'cycle' }),
      },
      cost: cohortCost(context, transfers),
    });
  },
});
