import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {
  createNetwork,
  createRandom,
  distill,
  earlyStop,
  evaluate,
  loadBatch,
  seedWeights,
  sgd,
  student,
} from '@distilljs/core';
import type { Callback, DistillOptions, DistillResult, Evaluation, Network } from '@distilljs/core';
import { testEngines, tinyDataset } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const TRAIN = tinyDataset(48, 1);
const VALIDATION = tinyDataset(48, 2);

/** A user's model: batch norm with the momentum that tfjs gives it, unless another is asked for. */
function model(momentum?: number): Network {
  const built = layers.sequential({
    layers: [
      layers.layers.batchNormalization({
        inputShape: [6, 6, 2],
        name: 'first',
        ...(momentum === undefined ? {} : { momentum }),
      }),
      layers.layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same' }),
      layers.layers.batchNormalization({ name: 'second', ...(momentum === undefined ? {} : { momentum }) }),
      layers.layers.reLU(),
      layers.layers.flatten(),
      layers.layers.dense({ units: 3 }),
    ],
  });
  seedWeights(built, createRandom(1));
  return createNetwork(built);
}

const trained = (network: Network, change: Partial<DistillOptions> = {}): Promise<DistillResult> =>
  distill({
    ...{
      students: [network],
      method: student(),
      train: TRAIN,
      validation: VALIDATION,
      epochs: 4,
      batchSize: 12,
      seed: 1,
    },
    optimizer: sgd({ learningRate: 0.05 }),
    ...change,
  });

const unsettled = (warnings: readonly string[]): readonly string[] =>
  warnings.filter((warning) => warning.includes('moving statistics'));

describeOn(REPRODUCIBLE, 'moving statistics that will not settle', () => {
  it('are warned of before training, with what to do', async () => {
    const network = model();
    const result = await trained(network);
    // 0.99^16 = 0.851
    expect(result.warnings).toEqual([
      expect.stringMatching(
        /^After 16 steps the moving statistics of batch norm in students\[0\] '.*' still hold 85 % of their initial values: .*settleStatistics: true`\.$/,
      ),
    ]);
    // Now they have moved: the model is not at its beginning.
    const more = await trained(network);
    expect(more.warnings).toEqual([]);
    for (const each of [result, more]) each.dispose();
    network.dispose();
  });

  it.each([
    [0.999, '98'],
    [0.9999, '100'],
  ])('with momentum %d hold %s %% of their initial values', async (momentum, share) => {
    const network = model(momentum);
    const result = await trained(network);
    expect(unsettled(result.warnings)[0]).toContain(`still hold ${share} % of their initial values`);
    result.dispose();
    network.dispose();
  });

  it('cause no warning when there are enough steps', async () => {
    for (const [momentum, warned] of [
      [0.74, 0], // 0.74^16 = 0.008
      [0.76, 1], // 0.76^16 = 0.012
    ] as const) {
      const network = model(momentum);
      const result = await trained(network);
      expect(unsettled(result.warnings)).toHaveLength(warned);
      result.dispose();
      network.dispose();
    }
  });
});

describeOn(await testEngines(), 'settleStatistics', () => {
  it('makes a network that is judged as it was trained, for the last weights and the best', async () => {
    const [plain, settled] = [model(), model()];
    // Inputs around 10, far from what untrained statistics say.
    const normalization = { mean: [0, 0], std: [0.05, 0.05] };
    const first = await trained(plain, { normalization });
    const second = await trained(settled, { normalization, settleStatistics: true });
    expect(unsettled(second.warnings)).toEqual([]);
    const pixels = loadBatch(TRAIN, Int32Array.from(TRAIN.labels.keys()), { normalization });
    /** Mean difference of the logits between training mode, which uses the statistics of the batch, and inference. */
    const gap = (network: Network): number =>
      tf.tidy(() => {
        const images = tf.tensor4d(pixels, [48, 6, 6, 2]);
        const [asTrained, asJudged] = [{ training: true, moveStatistics: false }, {}].map(
          (mode) => network.forward(images, mode).logits,
        );
        return tf.mean(tf.abs(tf.sub(asTrained as tf.Tensor, asJudged as tf.Tensor))).dataSync()[0] ?? NaN;
      });
    expect(gap(settled)).toBeLessThan(0.1 * gap(plain));
    // Only the statistics differ.
    for (const [name, variable] of Object.entries(plain.variables))
      expectClose(settled.variables[name] as tf.Tensor, [...variable.dataSync()], 1e-4);
    second.restoreBest();
    first.restoreBest();
    expect(gap(settled)).toBeLessThan(0.1 * gap(plain));
    for (const each of [first, second]) each.dispose();
    for (const each of [plain, settled]) each.dispose();
  });

  it('judges every epoch by settled statistics: history, early stop and the best epoch are of what is saved', async () => {
    const network = model();
    const before = tf.memory().numTensors;
    const judged: Evaluation[] = [];
    const look: Callback = {
      name: 'look',
      epoch: async () => void judged.push(await evaluate(network, TRAIN, normalization)),
    };
    const normalization = { mean: [0, 0], std: [0.05, 0.05] };
    const stop = earlyStop({ patience: 2 });
    const options = { normalization, validation: TRAIN, settleStatistics: true, epochs: 8 };
    const result = await trained(network, { ...options, callbacks: [look, stop] });
    const loss = async (): Promise<number> => (await evaluate(network, TRAIN, normalization)).loss;
    const losses = result.history.map(({ validation }) => validation[0]?.loss ?? NaN);
    result.restoreLast();
    expect(await loss()).toBeCloseTo(losses.at(-1) ?? NaN, 4);
    result.restoreBest();
    expect(await loss()).toBeCloseTo(losses[result.best?.globalEpoch ?? -1] ?? NaN, 4);
    // Training itself went on with statistics of its own.
    expect(Math.abs((judged[0]?.loss ?? NaN) - (losses[0] ?? NaN))).toBeGreaterThan(1e-3);
    result.dispose();
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });

  it('averages the statistics of batches: over one batch of all images they are those of the images', async () => {
    const network = model();
    const before = tf.memory().numTensors;
    const result = await trained(network, { batchSize: 48, epochs: 1, settleStatistics: true });
    const { normalization } = result;
    const pixels = loadBatch(TRAIN, Int32Array.from(TRAIN.labels.keys()), { normalization });
    const ofChannel = (channel: number): number[] => [...pixels].filter((_, at) => at % 2 === channel);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const means = [0, 1].map((channel) => mean(ofChannel(channel)));
    const variances = [0, 1].map((channel) =>
      mean(ofChannel(channel).map((value) => (value - (means[channel] ?? 0)) ** 2)),
    );
    expectClose(network.statistics['first/moving_mean'] as tf.Tensor, means, 1e-4);
    expectClose(network.statistics['first/moving_variance'] as tf.Tensor, variances, 1e-4);
    result.dispose();
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });
});

describeOn(REPRODUCIBLE.slice(0, 1), 'settleStatistics', () => {
  /** Statistics of a batch norm after one epoch of one batch. */
  const settled = async (momentum: number, isStill: boolean, isPerTime: boolean): Promise<number[]> => {
    const norm = layers.layers.batchNormalization({ name: 'norm', momentum });
    const images = layers.input({ shape: [6, 6, 2] });
    const given = isPerTime ? layers.layers.timeDistributed({ layer: norm, name: 'rows' }) : norm;
    const normed = given.apply(images, isStill ? { training: false } : {}) as layers.SymbolicTensor;
    const flat = layers.layers.flatten().apply(normed) as layers.SymbolicTensor;
    const scores = layers.layers.dense({ units: 3 }).apply(flat) as layers.SymbolicTensor;
    const built = layers.model({ inputs: images, outputs: scores });
    seedWeights(built, createRandom(1));
    const network = createNetwork(built);
    const result = await trained(network, { batchSize: 48, epochs: 1, settleStatistics: true });
    const values = Object.values(network.statistics).flatMap((variable) => [...variable.dataSync()]);
    expect(unsettled(result.warnings)).toEqual([]);
    result.dispose();
    network.dispose();
    return values;
  };

  it('leaves a batch norm that is called with training false as it was', async () => {
    expect(await settled(0.9, true, false)).toEqual([0, 0, 1, 1]);
  });

  it('counts every time step of a batch norm in timeDistributed, whatever its momentum', async () => {
    const [low, high] = [await settled(0.01, false, true), await settled(0.9, false, true)];
    // The last of six steps counts nearly alone at one, all of them at the other: the scale is the same.
    expect(low).toHaveLength(4);
    low.forEach((value, at) => {
      expect(Math.abs((high[at] ?? NaN) - value)).toBeLessThan(0.35);
    });
  });

  it('judges no epoch by statistics that an abort left incomplete', async () => {
    const network = model();
    const stop = new AbortController();
    let reads = 0;
    const slow = {
      ...TRAIN,
      async image(at: number) {
        await Promise.resolve();
        // The epoch itself reads each image once.
        if (++reads > TRAIN.size + 12) stop.abort();
        return TRAIN.image(at);
      },
    };
    const given = { train: slow, epochs: 2, settleStatistics: true, signal: stop.signal };
    const result = await trained(network, given);
    expect(result.history).toEqual([]);
    result.dispose();
    network.dispose();
  });

  it('is true or false', async () => {
    const network = model();
    const error = await caught(() => trained(network, { settleStatistics: 100 as never }));
    expect(error.message).toBe('settleStatistics: expected true or false, got 100.');
    network.dispose();
  });
});
