import { ensembleOf, evaluate, teacherFrom } from '@distilljs/core';
import type { Classifier } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { caught } from '../caught.js';

const fixed = (rows: number[][]): Classifier => ({
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

it('takes members that answer asynchronously', async () => {
  const data = tinyDataset(6, 1);
  const answers = (rows: number[][]): Classifier =>
    teacherFrom(() => Promise.resolve(rows), { classes: 3, imageShape: data.imageShape, version: '1' });
  const rows = Array.from(data.labels, (label) => [0, 1, 2].map((at) => (at === label ? 5 : 0)));
  const wrong = Array.from(data.labels, (_, image) => [1, 1 + image / 100, 1]);
  const normalization = { mean: [0.4, 0.4], std: [0.2, 0.2] };
  const before = tf.memory().numTensors;
  const found = await evaluate(ensembleOf([answers(rows), answers(wrong)]), data, normalization);
  expect(found.accuracy).toBe(1);
  const mixed = await evaluate(
    ensembleOf([answers(rows), fixed(Array.from(rows, () => [0, 0, 0]))]),
    data,
    normalization,
  );
  // Logits 2.5, 0, 0: the loss is log(1 + 2 exp(−2.5)).
  expect(mixed.loss).toBeCloseTo(Math.log(1 + 2 * Math.exp(-2.5)), 6);
  expect(tf.memory().numTensors).toBe(before);
});

it('refuses members that name their classes in different orders', async () => {
  const member = (...classNames: string[]): Classifier => ({
    ...fixed([[0, 0, 0]]),
    classNames,
  });
  const one = member('ape', 'bee', 'cat');
  expect(ensembleOf([fixed([[0, 0, 0]]), one, one]).classNames).toEqual(['ape', 'bee', 'cat']);
  const error = await caught(() => ensembleOf([one, member('ape', 'cat', 'bee')]));
  expect(error.message).toBe(
    "ensembleOf, member 1, classNames: expected the classes of member 0 in their order, class 1 'bee', got 'cat'. Bring them into one order: `matchClasses(freeze(network), data)` for each member.",
  );
});
