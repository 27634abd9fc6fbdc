import { defineMethod, nonNegative, taskReads } from '@distilljs/core';
import type { FeatureMap, LossTerms, Step } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { cohortCost, cohortMaps, cohortTaps, cohortVariables, expectCohort, teacherOf } from './cohort.js';
import type { CohortMaps } from './cohort.js';
import { featureDistance, mutualLogits } from './losses.js';
import { cohortChecks, featureL1Defaults, mapChecks } from './options.js';
import type { FeatureL1Options } from './options.js';

/**
 * Direct alignment of feature maps with mutual logits, the baseline that AFD is compared with. Each network's map
 * learns to match the map of the network before it in the cycle, element by element.
 *
 * `L_k = ceWeight · CE(y, z_k) + kdWeight · T² KL(p_{k−1} ‖ p_k) + alignWeight · mean |T_k(F_k) − const(T_{k−1}(F_{k−1}))|`,
 * logged as `ce1`, `kd1`, `align1`, …. The run's optimizer minimizes it. Transfer layers T_k exist where the maps'
 * shapes differ. Those with weights are trained too, so the distance also falls when they shrink both maps.
 *
 * @throws DistillError code `option`. When planned, also codes `tap` and `shape`
 * @see arXiv 2002.01775, the baseline "L1 + KD"; its weight and reduction are unknown, 1 and the mean are ours
 */
export const featureL1 = defineMethod<FeatureL1Options>({
  name: 'feature-l1',
  repeatable: true,
  defaults: featureL1Defaults,
  check: { ...cohortChecks, ...mapChecks, alignWeight: nonNegative },
  weights: ['ceWeight', 'kdWeight', 'alignWeight'],
  plan(context, options) {
    expectCohort('feature-l1', options.networks, context);
    const tapped = cohortTaps('feature-l1', context, options);
    const maps = cohortMaps(context, tapped);
    return {
      auxiliary: maps.variables,
      cost: cohortCost(context, maps.transfers),
      phases: [
        {
          name: 'train',
          epochs: context.epochs,
          reads: { students: tapped.taps.map((tap) => [tap]), ...taskReads(options) },
          updates: [
            {
              name: 'networks',
              variables: { ...cohortVariables(context), ...maps.variables },
              optimizer: context.optimizer,
              terms: (step) => ({
                ...mutualLogits(step, { ...options, peers: 'cycle' }),
                ...alignment(step, maps, options),
              }),
            },
          ],
        },
      ],
      dispose() {
        tf.dispose(Object.values(maps.variables));
      },
    };
  },
});

function alignment(step: Step, maps: CohortMaps, { alignWeight }: FeatureL1Options): LossTerms {
  const all = maps.read(step);
  return Object.fromEntries(
    all.map((own, network) => {
      const peer = all[teacherOf(network, all.length)] as FeatureMap;
      return [`align${network + 1}`, { value: featureDistance(peer, own), weight: alignWeight }];
    }),
  );
}
