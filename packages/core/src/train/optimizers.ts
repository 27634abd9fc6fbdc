import * as tf from '@tensorflow/tfjs-core';
import { belowOne, checkOptions, flag, listOf, nonNegative, positive, text } from '../option/index.js';
import type { NamedVariables } from '../tensor/index.js';
import { flatVariables } from './flat-variables.js';
import type { Optimizer, OptimizerSpec } from './optimizer.js';
import { asSchedule, checkRate } from './schedule.js';
import type { Schedule } from './schedule.js';

export interface SgdOptions {
  /** Constant rate, or a schedule. Default 0.05. */
  readonly learningRate: number | Schedule;
  /** μ in `[0, 1)`. Default 0.9. */
  readonly momentum: number;
  /** Use Nesterov momentum. Default false. */
  readonly nesterov: boolean;
  /** Coupled L2 weight decay: `g ← g + weightDecay · p`. Default 5e-4. */
  readonly weightDecay: number;
  /**
   * Variables without weight decay, by whole name or last part (`gamma`, `bias`); `distill` warns of a name that no
   * variable has. Default none, as in PyTorch.
   */
  readonly noDecay: readonly string[];
}

const SGD_DEFAULTS: SgdOptions = {
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 5e-4,
  noDecay: [],
};

/**
 * Stochastic gradient descent with momentum, equal to `torch.optim.SGD` (dampening 0):
 * `g ← g + λ p`, `b ← μ b + g`, `p ← p − η (g + μ b)` with Nesterov, else `p ← p − η b`.
 *
 * @throws DistillError code `option`
 */
export function sgd(given: Partial<SgdOptions> = {}): OptimizerSpec {
  const options = checkOptions<SgdOptions>('sgd', given, SGD_DEFAULTS, {
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
      const rate = tf.scalar(schedule.rate(at));
      const move = (): tf.Tensor[] =>
        tf.tidy(() => {
          const values = flat.read();
          const gradient = decay.add(flat.flatten(gradients), values);
          if (momentum === 0) return flat.split(tf.sub(values, tf.mul(gradient, rate)));
          const next = tf.add<tf.Tensor1D>(tf.mul(velocity, momentum), gradient);
          const direction = nesterov ? tf.add<tf.Tensor1D>(gradient, tf.mul(next, momentum)) : next;
          return [next, ...flat.split(tf.sub(values, tf.mul(direction, rate)))];
        });
      tf.tidy(() => {
        const moved = flat.moved(gradients, [velocity, rate], move);
        if (momentum > 0) replace(moved.shift() as tf.Tensor1D);
        flat.assign(moved);
      });
      rate.dispose();
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

export interface AdamOptions {
  /** Constant rate, or a schedule. Default 1e-3. */
  readonly learningRate: number | Schedule;
  /** Decay of the first moment, `[0, 1)`. Default 0.9. */
  readonly beta1: number;
  /** Decay of the second moment, `[0, 1)`. Default 0.999. */
  readonly beta2: number;
  /** Added to the square root of the second moment. Default 1e-8, as in PyTorch (tfjs uses 1e-7). */
  readonly epsilon: number;
  /** Coupled L2 weight decay: `g ← g + weightDecay · p` before the moments (not AdamW). Default 0. */
  readonly weightDecay: number;
  /** Variables without weight decay, by whole name or last part. Default none. */
  readonly noDecay: readonly string[];
}

const ADAM_DEFAULTS: AdamOptions = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  noDecay: [],
};

/**
 * Adam with coupled weight decay, equal to `torch.optim.Adam`:
 * `g ← g + λ p`, `m ← β1 m + (1 − β1) g`, `v ← β2 v + (1 − β2) g²`,
 * `p ← p − η / (1 − β1^t) · m / (√v / √(1 − β2^t) + ε)`.
 *
 * @throws DistillError code `option`
 * @see Kingma and Ba, ICLR 2015, algorithm 1
 */
export function adam(given: Partial<AdamOptions> = {}): OptimizerSpec {
  const options = checkOptions<AdamOptions>('adam', given, ADAM_DEFAULTS, {
    learningRate: checkRate,
    beta1: belowOne,
    beta2: belowOne,
    epsilon: positive,
    weightDecay: nonNegative,
    noDecay: listOf(text),
  });
  return scheduled('adam', options, createAdam);
}

function createAdam(variables: NamedVariables, options: AdamOptions, schedule: Schedule): Optimizer {
  const { beta1, beta2, epsilon, weightDecay, noDecay } = options;
  const flat = flatVariables('adam', variables);
  const decay = flat.weightDecay(weightDecay, noDecay);
  let first = tf.zeros<tf.Rank.R1>([flat.size]);
  let second = tf.zeros<tf.Rank.R1>([flat.size]);
  let steps = 0;

  const replace = (nextFirst: tf.Tensor1D, nextSecond: tf.Tensor1D): void => {
    tf.dispose([first, second]);
    first = tf.keep(nextFirst);
    second = tf.keep(nextSecond);
  };
  return {
    learningRate: (at) => schedule.rate(at),
    apply(gradients, at) {
      steps += 1;
      const correction = tf.scalar(Math.sqrt(1 - beta2 ** steps));
      const rate = tf.scalar(schedule.rate(at) / (1 - beta1 ** steps));
      const move = (): tf.Tensor[] =>
        tf.tidy(() => {
          const values = flat.read();
          const gradient = decay.add(flat.flatten(gradients), values);
          const m = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
          const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
          const root = tf.div(tf.sqrt(v), correction);
          const parts = flat.split(tf.sub(values, tf.mul(tf.div(m, tf.add(root, epsilon)), rate)));
          return [m, v, ...parts];
        });
      tf.tidy(() => {
        const [m, v, ...parts] = flat.moved(gradients, [first, second, correction, rate], move);
        replace(m as tf.Tensor1D, v as tf.Tensor1D);
        flat.assign(parts);
      });
      tf.dispose([correction, rate]);
    },
    state: () => ({ slots: { first, second }, steps }),
    restore(state) {
      replace(tf.clone(state.slots['first'] as tf.Tensor1D), tf.clone(state.slots['second'] as tf.Tensor1D));
      steps = state.steps;
    },
    dispose() {
      tf.dispose([first, second]);
      decay.dispose();
    },
  };
}

/** The options that every optimizer has. */
interface ScheduledOptions {
  readonly learningRate: number | Schedule;
  readonly noDecay: readonly string[];
}

/** The specification of an optimizer with checked options. The rate becomes a schedule, shown as plain data. */
function scheduled<O extends ScheduledOptions>(
  name: string,
  options: O,
  create: (variables: NamedVariables, options: O, schedule: Schedule) => Optimizer,
): OptimizerSpec {
  const schedule = asSchedule(options.learningRate);
  return {
    name,
    options: { ...(options as object), learningRate: { schedule: schedule.name, ...schedule.options } },
    learningRate: (at) => schedule.rate(at),
    create: (variables, also) =>
      create(variables, { ...options, noDecay: [...options.noDecay, ...(also?.noDecay ?? [])] }, schedule),
  };
}

/** A learning rate: a number of at least 0, or a schedule. */
