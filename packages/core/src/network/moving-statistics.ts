import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random/index.js';
import type { Images } from '../tensor/index.js';
import type { Network } from './contract.js';
import { readGraph } from './graph.js';
import { layerConfig, weightsOf, withInner } from './layer.js';

/**
 * A moving statistic, updated by `moving ← momentum · moving + (1 − momentum) · batch` at each use of its
 * layer.
 */
interface Moving {
  readonly variable: tf.Variable;
  readonly momentum: number;
  /** Number of uses of its layer in a forward pass: one per time step within `timeDistributed`. */
  uses: number;
  /** Value in an untrained model. */
  readonly initial: 0 | 1;
}

/** The moving statistics of a network's batch norm layers that are not frozen. */
function movingStatistics({ model }: Network): readonly Moving[] {
  const found = new Map<tf.Variable, Moving>();
  for (const { layer, frozen, still, inputShapes } of readGraph(model).nodes) {
    // Frozen layers, and uses with `training: false`, move no statistic.
    if (frozen || still === true) continue;
    const isPerTime = layerConfig(layer).kind === 'TimeDistributed';
    const uses = isPerTime ? Math.max(1, inputShapes[0]?.[0] ?? 1) : 1;
    for (const each of withInner(layer)) {
      const { kind, config } = layerConfig(each);
      if (kind !== 'BatchNormalization') continue;
      const weights = weightsOf(each);
      for (const [name, initial] of [
        ['moving_mean', 0],
        ['moving_variance', 1],
      ] as const) {
        const variable = weights.get(name);
        if (variable === undefined) continue;
        const known = found.get(variable);
        if (known !== undefined) known.uses += uses;
        else found.set(variable, { variable, momentum: config['momentum'] as number, uses, initial });
      }
    }
  }
  return [...found.values()];
}

/**
 * The share of the initial values that moving statistics retain after this many steps,
 * `momentum^(steps · uses)`. The highest share counts, among statistics that are still at their initial values
 * (0 or 1); 0 if there are none.
 */
export async function unsettledShare(network: Network, steps: number): Promise<number> {
  let share = 0;
  for (const { variable, momentum, uses, initial } of movingStatistics(network)) {
    const left = momentum ** (steps * uses);
    if (left <= share) continue;
    const values = await variable.data();
    if (values.every((value) => value === initial)) share = left;
  }
  return share;
}

/**
 * Sets a network's moving statistics to averages of batch statistics over the given batches, as if they had fully
 * converged at the current weights.
 *
 * @param batches returns normalized images, or undefined at the end; each batch is disposed here
 * @param random stream for dropout
 * @see Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018, section 3.2 (`bn_update`)
 */
export async function settleStatistics(
  network: Network,
  batches: (index: number) => Promise<Images | undefined>,
  random: Random,
): Promise<void> {
  const moving = movingStatistics(network).filter(({ momentum }) => momentum < 1);
  if (moving.length === 0) return;
  const variables = moving.map(({ variable }) => variable);
  const start = variables.map((variable) => tf.keep(tf.clone(variable)));
  let sums: tf.Tensor[] = variables.map((variable) => tf.keep(tf.zerosLike(variable)));
  let count = 0;
  let isDone = false;
  try {
    for (let images = await batches(0); images !== undefined; images = await batches(count)) {
      const given = images;
      tf.tidy(() => {
        for (const variable of variables) variable.assign(tf.zerosLike(variable));
        network.forward(given, { training: true, random: random.fork(count) });
        sums = sums.map((sum, at) => {
          const next = tf.keep(tf.add(sum, variables[at] as tf.Variable));
          sum.dispose();
          return next;
        });
      });
      given.dispose();
      count += 1;
      // One batch at a time: queued GPU work holds memory.
      await sums[0]?.data();
    }
    isDone = count > 0;
  } finally {
    tf.tidy(() => {
      moving.forEach(({ variable, momentum, uses }, at) => {
        // Starting from 0, a statistic reaches (1 − momentum^uses) of the batch's value.
        const mean = tf.div(sums[at] as tf.Tensor, count * (1 - momentum ** uses));
        variable.assign(isDone ? mean : tf.clone(start[at] as tf.Tensor));
      });
    });
    tf.dispose([...start, ...sums]);
  }
}
