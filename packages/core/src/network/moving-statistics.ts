import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random/index.js';
import type { Images } from '../tensor/index.js';
import type { Network } from './contract.js';
import { readGraph } from './graph.js';
import { layerConfig, weightsOf, withInner } from './layer.js';

/** A moving statistic that training moves, `moving ← momentum · moving + (1 − momentum) · batch` per use of its layer. */
interface Moving {
  readonly variable: tf.Variable;
  readonly momentum: number;
  /** How often a forward pass uses its layer. */
  uses: number;
  /** Of an untrained model. */
  readonly initial: 0 | 1;
}

/** The moving statistics of a network's batch norm layers that are not frozen. */
function movingStatistics({ model }: Network): readonly Moving[] {
  const found = new Map<tf.Variable, Moving>();
  for (const { layer, frozen } of readGraph(model).nodes) {
    if (frozen) continue;
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
        if (known !== undefined) known.uses += 1;
        else found.set(variable, { variable, momentum: config['momentum'] as number, uses: 1, initial });
      }
    }
  }
  return [...found.values()];
}

/**
 * The share of their initial values that moving statistics still hold after so many steps, `momentum^steps`: the highest one
 * among the statistics that are at their initial values now (0 and 1) everywhere. 0 where there are none.
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
 * Sets a network's moving statistics to the averages of batch statistics over some batches, as if they had moved forever at the
 * present weights.
 *
 * @param batches gives normalised images, or undefined at the end; each batch is disposed here
 * @param random decides dropout
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
      // One batch at a time: what waits for a GPU holds memory.
      await sums[0]?.data();
    }
    isDone = count > 0;
  } finally {
    tf.tidy(() => {
      moving.forEach(({ variable, momentum, uses }, at) => {
        // From 0, a statistic has moved to (1 − momentum^uses) of the batch's.
        const mean = tf.div(sums[at] as tf.Tensor, count * (1 - momentum ** uses));
        variable.assign(isDone ? mean : tf.clone(start[at] as tf.Tensor));
      });
    });
    tf.dispose([...start, ...sums]);
  }
}
