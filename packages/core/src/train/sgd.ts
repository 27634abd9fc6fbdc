import * as tf from '@tensorflow/tfjs-core';
import { belowOne, checkOptions, flag, listOf, nonNegative, text } from '../option/index.js';
import type { NamedVariables } from '../tensor/index.js';
import { checkRate } from './check-rate.js';
import { flatVariables } from './flat-variables.js';
import type { Optimizer, OptimizerSpec } from './optimizer.js';
import type { Schedule } from './schedule.js';
import { scheduled } from './scheduled.js';

export interface SgdOptions {
  /** Rate or schedule. Default 0.05. */
  readonly learningRate: number | Schedule;
  /** μ in `[0, 1]`. Default 0.9. */
  readonly momentum: number;
  /** Nesterov's form. Default false. */
  readonly nesterov: boolean;
  /** Coupled L2: `g ← g + weightDecay · p`. Default 5e-4. */
  readonly weightDecay: number;
  /** Variables without weight decay, by whole name or last part (`gamma`, `bias`). Default none, as in PyTorch. */
  readonly noDecay: readonly string[];
}

const defaults: SgdOptions = {
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 5e-4,
  noDecay: [],
};

/**
 * Stochastic gradient descent, equal to `torch.optim.SGD` (dampening 0):
 * `g ← g + λ p`, `b ← μ b + g`, `p ← p − η (g + μ b)` with Nesterov, else `p ← p − η b`.
 *
 * @throws DistillError code `option`
 */
export function sgd(given: Partial<SgdOptions> = {}): OptimizerSpec {
  const options = checkOptions<SgdOptions>('sgd', given, defaults, {
    learningRate: checkRate,
    momentum: belowOne,
    nesterov: flag,
    weightDecay: nonNegative,
    noDecay: listOf(text),
  });
  return scheduled('sgd', options, createSgd);
}

function createSgd(variables: NamedVariables, options: SgdOptions, schedule: Schedule): Optimizer {
  const { momentum, nesterov, weightDecay, noDecay } = options;
  const flat = flatVariables('sgd', variables);
  const decay = flat.weightDecay(weightDecay, noDecay);
  let velocity = tf.zeros<tf.Rank.R1>([flat.size]);
  let steps = 0;

  const replace = (next: tf.Tensor1D): void => {
    velocity.dispose();
    velocity = tf.keep(next);
  };
  return {
    learningRate: (at) => schedule.rate(at),
    apply(gradients, at) {
      tf.tidy(() => {
        const values = flat.read();
        const gradient = decay.add(flat.flatten(gradients), values);
        let direction = gradient;
        if (momentum > 0) {
          replace(tf.add<tf.Tensor1D>(tf.mul(velocity, momentum), gradient));
          direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
        }
        flat.write(tf.sub(values, tf.mul(direction, schedule.rate(at))));
      });
      steps += 1;
    },
    state: () => ({ slots: { velocity }, steps }),
    restore(state) {
      replace(tf.clone(state.slots['velocity'] as tf.Tensor1D));
      steps = state.steps;
    },
    dispose() {
      velocity.dispose();
      decay.dispose();
    },
  };
}
