import * as tf from '@tensorflow/tfjs-core';
import { distill, sgd, stepRate } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { layerMaps, mapDistances, rtk } from '../src/index.js';
import { golden, largestGap } from './golden.js';

/** Feature maps of several layers on one grid. */
const maps = (layers: number): tf.Tensor4D[] =>
  Array.from({ length: layers }, () => tf.relu(tf.randomNormal<tf.Rank.R4>([2, 16, 16, 2])));

await describeOnEngines('distances', () => {
  test.each(['meanSquare', 'cosine'] as const)(
    'never make a tensor of pairs times pixels: %s',
    async (distance) => {
      const { kernels } = await tf.profile(() =>
        tf.tidy(() => {
          const teacher = layerMaps(maps(9), true);
          const total = (...student: tf.Tensor[]): tf.Scalar =>
            tf.sum(mapDistances(layerMaps(student as tf.Tensor4D[], false), teacher, distance).distances);
          return tf.valueAndGrads(total)(maps(6)).value;
        }),
      );
      const largest = Math.max(
        ...kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => tf.util.sizeFromShape(shape))),
      );
      expect(largest).toBeLessThan((2 * 9 * 6 * 16 * 16) / 2);
    },
  );
});

test('steps of the optimizer are those of the reference', () => {
  const { lr, momentum, weightDecay, w0, grads, steps } = golden.sgd;
  const w = tf.variable(tf.tensor1d(w0));
  const optimizer = sgd({ learningRate: lr, momentum, weightDecay }).create({ w });
  steps.forEach(({ weights }, index) => {
    tf.tidy(() => {
      optimizer.apply({ w: tf.tensor1d(grads[index] ?? []) }, { epoch: 0, epochs: 1 });
    });
    expect(largestGap(w, weights)).toBeLessThan(1e-6);
  });
  optimizer.dispose();
  w.dispose();
});

test("the base method's schedule falls at the start of its epochs 150, 180 and 210", () => {
  const schedule = stepRate(0.05, { milestones: [149, 179, 209] });
  for (const [epoch, rate] of Object.entries(golden.lrByEpochOneBased)) {
    // Epochs are counted from 1 there, from 0 here.
    expect(schedule.rate({ epoch: Number(epoch) - 1, epochs: 240 })).toBeCloseTo(rate, 9);
  }
});

test('the attention loss falls when it is all there is', async () => {
  const [teacher, student] = [tinyNetwork(1, { width: 6 }), tinyNetwork(2)];
  const result = await distill({
    teacher,
    students: [student],
    method: rtk({ kdWeight: 0, beta: 200, width: 16 }),
    train: tinyDataset(48, 1),
    epochs: 8,
    batchSize: 12,
    seed: 1,
    optimizer: sgd({ learningRate: 0.05 }),
  });
  const [first, last] = [result.history[0], result.history.at(-1)].map((epoch) =>
    JSON.stringify(epoch?.terms),
  );
  const value = (terms: string | undefined): number =>
    (JSON.parse(terms ?? '{}') as { attention: { value: number } }).attention.value;
  expect(value(last)).toBeLessThan(0.8 * value(first));
  result.dispose();
  for (const network of [teacher, student]) network.dispose();
});
