import * as tf from '@tensorflow/tfjs-core';
import type { OptimizerSpec } from '@distilljs/core';

/** The lowest temperature that training may reach. */
export const LOWEST_TEMPERATURE = 0.05;

const NO_DECAY = ['theta', 'rho'];

/**
 * Adapts an optimizer to attention: no weight decay on Θ and ρ, and ρ is at least `ln 0.05` after every step.
 *
 * Weight decay would pull Θ towards uniform attention, against the entropy term. An unbounded temperature would lower
 * the entropy by itself.
 *
 * Certainty: proposed.
 */
export function attentionOptimizer(spec: OptimizerSpec): OptimizerSpec {
  return {
    ...spec,
    create(variables, also) {
      const optimizer = spec.create(variables, { noDecay: [...NO_DECAY, ...(also?.noDecay ?? [])] });
      const temperatures = Object.entries(variables).flatMap(([name, variable]) =>
        name.endsWith('/rho') ? [variable] : [],
      );
      return {
        ...optimizer,
        apply(gradients, at) {
          optimizer.apply(gradients, at);
          tf.tidy(() => {
            for (const rho of temperatures) rho.assign(tf.maximum(rho, Math.log(LOWEST_TEMPERATURE)));
          });
        },
      };
    },
  };
}
