import { defineMethod, taskReads } from '@distilljs/core';
import { cohortCost, cohortVariables, expectCohort } from './cohort.js';
import { mutualLogits } from './losses.js';
import { cohortChecks, dmlDefaults, peersCheck } from './options.js';
import type { DmlOptions } from './options.js';

/**
 * Deep Mutual Learning: K networks learn from the labels and from each other's predictions, from scratch.
 *
 * `L_k = ceWeight · CE(y, z_k) + kdWeight · T² · mean_j KL(softmax(z_j / T) ‖ softmax(z_k / T))`, logged as `ce1`,
 * `kd1`, `ce2`, …. The run's optimizer updates all networks at once, from one forward pass each, as in the authors'
 * code. Their text predicts anew after each network's step.
 *
 * `dml({ peers: 'cycle' })` is the logit loss of `afd` without the adversarial one.
 *
 * @throws DistillError code `option`, also when the run has a different number of students
 * @see Zhang, Xiang, Hospedales, Lu, Deep Mutual Learning, CVPR 2018 (arXiv 1706.00384)
 */
export const dml = defineMethod<DmlOptions>({
  name: 'dml',
  repeatable: true,
  defaults: dmlDefaults,
  check: { ...cohortChecks, peers: peersCheck },
  weights: ['ceWeight', 'kdWeight'],
  plan(context, options) {
    expectCohort('dml', options.networks, context);
    return {
      auxiliary: {},
      cost: cohortCost(context),
      phases: [
        {
          name: 'train',
          epochs: context.epochs,
          reads: { students: context.students.map(() => []), ...taskReads(options) },
          updates: [
            {
              name: 'networks',
              variables: cohortVariables(context),
              optimizer: context.optimizer,
              terms: (step) => mutualLogits(step, options),
            },
          ],
        },
      ],
      dispose: () => undefined,
    };
  },
});
