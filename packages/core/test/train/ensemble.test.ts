import { ensembleOf, evaluate } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';

const fixed = (rows: number[][]): Parameters<typeof ensembleOf>[0][number] => ({
  classes: 3,
  forward: () => ({ logits: tf.tensor2d(rows) }),
});
const noImages = tf.zeros<tf.Rank.R4>([1, 1, 1, 1]);
const logitsOf = (...members: number[][][]): number[][] =>
  tf.tidy(() => ensembleOf(members.map(fixed)).forward(noImages).logits.arraySync());

it('an ensemble gives the mean of the logits', () => {
  const found = logitsOf(
    [
      [9, 0, 0],
      [0.2, 0.1, 0],
    ],
    [
      [0, 2, 1.9],
      [0, 0.1, 3],
    ],
  );
  const wanted = [4.5, 1, 0.95, 0.1, 0.1, 1.5];
  found.flat().forEach((value, at) => {
    expect(value).toBeCloseTo(wanted[at] ?? NaN, 6);
  });
});

it('where logits and probabilities disagree, the logits count', () => {
  // Probabilities would say class 0: the first network is sure of it. (8 − 10) / 2 is below 0.5 / 2.
  const [row = []] = logitsOf([[8, 0, 0]], [[-10, 0.5, 0]]);
  expect(row.indexOf(Math.max(...row))).toBe(1);
});

it('an ensemble of one network is evaluated as that network, and nothing is left behind', async () => {
  const network = tinyNetwork(1);
  const data = tinyDataset(18, 2);
  const normalization = { mean: [0.4, 0.4], std: [0.2, 0.2] };
  const before = tf.memory().numTensors;
  expect(await evaluate(ensembleOf([network]), data, normalization)).toEqual(
    await evaluate(network, data, normalization),
  );
  expect(tf.memory().numTensors).toBe(before);
  network.dispose();
});
