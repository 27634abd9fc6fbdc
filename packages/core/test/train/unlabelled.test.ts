import * as tf from '@tensorflow/tfjs-core';
import {
  crossEntropy,
  defineMethod,
  distill,
  evaluate,
  hintonKd,
  kd,
  labelSmoothing,
  student,
} from '@distilljs/core';
import type { Dataset, DistillOptions, DistillResult, InMemoryDataset, Method } from '@distilljs/core';
import { testEngines, tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const DATA = tinyDataset(12, 1);
const without = (data: InMemoryDataset, ...images: number[]): Dataset => ({
  ...data,
  labels: data.labels.map((label, image) => (images.includes(image) ? -1 : label)),
});
const NO_LABELS: Dataset = { ...DATA, labels: undefined };

/** What two epochs come to. */
async function trained(
  change: Partial<DistillOptions> & Pick<DistillOptions, 'method'>,
): Promise<{ readonly bytes: Uint8Array; readonly history: DistillResult['history'] }> {
  const [teacher, learner] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2)];
  try {
    const options = { teacher, students: [learner], train: DATA, epochs: 2, batchSize: 4, seed: 1 };
    const result = await distill({ ...options, ...change });
    const history = result.history.map((report) => ({ ...report, seconds: 0 }));
    result.dispose();
    return { bytes: weightBytes(learner), history };
  } finally {
    teacher.dispose();
    learner.dispose();
  }
}

describeOn(await testEngines(), 'images without labels', () => {
  it('distil where no term needs labels; there is no training accuracy then', async () => {
    const method = kd({ ceWeight: 0 });
    for (const train of [NO_LABELS, without(DATA, 3, 4)]) {
      const { history } = await trained({ method, train, validation: tinyDataset(6, 2) });
      expect(history.map(({ trainAccuracy, validation }) => [trainAccuracy, validation.length])).toEqual([
        [[], 1],
        [[], 1],
      ]);
      expect(Object.keys(history[0]?.terms ?? {})).toEqual(['kd']);
    }
  });
});

describeOn(REPRODUCIBLE, 'images without labels', () => {
  it('give the student that they give with labels', async () => {
    const method = kd({ ceWeight: 0 });
    const { bytes } = await trained({ method });
    expect((await trained({ method, train: NO_LABELS })).bytes).toEqual(bytes);
  });
});

/** A method of somebody who does not know of unlabelled images. */
const plain = defineMethod({
  name: 'plain',
  defaults: {},
  check: {},
  reads: () => ({ student: [] }),
  loss: (step) => ({ ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 } }),
});

describeOn(REPRODUCIBLE.slice(0, 1), 'before training', () => {
  it.each<[Method, string]>([
    [kd(), "method 'kd', phase 'train'"],
    [student(), "method 'student', phase 'train'"],
    [labelSmoothing(), "method 'label-smoothing', phase 'train'"],
    [plain(), "method 'plain', phase 'train'"],
  ])('%o says that it needs labels', async (method, where) => {
    const error = await caught(() => trained({ method, train: without(DATA, 5) }));
    expect([error.code, error.message]).toEqual([
      'data',
      `${where}, dataset 'tiny': expected a label for every training image, which a term of it needs, got 1 of 12 without. ` +
        'Take a method without such a term, for instance `kd({ ceWeight: 0 })`, or the labelled images alone.',
    ]);
  });

  it('a method that weighs no images says so', async () => {
    const train: Dataset = { ...DATA, weights: new Float32Array(12).fill(2) };
    const error = await caught(() => trained({ method: plain(), train }));
    expect(error.message).toBe(
      "method 'plain', phase 'train', dataset 'tiny': expected images without weights: its terms do not weigh images, " +
        'got weights. Leave `weights` out, or take a method that uses them, for instance `kd()`.',
    );
  });

  it('validation and evaluation need every label', async () => {
    const wanted =
      "dataset 'tiny', labels: expected a label for every image, by which it is judged, got 2 of 12 images without, " +
      'the first is image 3. Take the labelled images alone.';
    const data = without(DATA, 3, 4);
    const network = tinyNetwork(1);
    const validation = await caught(() => trained({ method: kd(), validation: data }));
    const test = await caught(() => evaluate(network, data, { mean: [0, 0], std: [1, 1] }));
    expect([validation.message, test.message]).toEqual([`validation, ${wanted}`, `evaluate, ${wanted}`]);
    network.dispose();
  });
});

describeOn(await testEngines(), 'weights of images', () => {
  it('multiply each image’s loss, divided by the number of images', () => {
    const [logits, teacher] = [tf.tensor2d([2, 1, -1, 0.5], [2, 2]), tf.tensor2d([1, 3, 0, 2], [2, 2])];
    const oneHot = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    const weights = tf.tensor1d([0.5, 3]);
    const ofOne = (loss: (row: number) => tf.Tensor): number[] =>
      [0, 1].map((row) => loss(row).dataSync()[0] ?? NaN);
    const row = (tensor: tf.Tensor2D, at: number): tf.Tensor2D => tf.slice(tensor, [at, 0], [1, 2]);
    const each = ofOne((at) => crossEntropy(row(oneHot, at), row(logits, at)));
    const soft = ofOne((at) => hintonKd(row(teacher, at), row(logits, at), 4));
    const mean = ([first = NaN, second = NaN]: number[]): number => (0.5 * first + 3 * second) / 2;
    expectClose(crossEntropy(oneHot, logits, weights), [mean(each)], 1e-4);
    expectClose(hintonKd(teacher, logits, 4, weights), [mean(soft)], 1e-4);
  });

  it('an image of weight 0 teaches nothing', async () => {
    const weights = Float32Array.from({ length: 12 }, (_, image) => (image % 3 === 2 ? 0 : 1));
    // Their labels are wrong in one of the two runs.
    const wrong = DATA.labels.map((label, image) => (weights[image] === 0 ? (label + 1) % 3 : label));
    const validation = tinyDataset(6, 2);
    const options = { method: student(), validation };
    const right = await trained({ ...options, train: { ...DATA, weights } });
    const misled = await trained({ ...options, train: { ...DATA, labels: wrong, weights } });
    expect(misled.history.map(({ terms }) => terms)).toEqual(right.history.map(({ terms }) => terms));
  });
});

describeOn(REPRODUCIBLE, 'weights of images', () => {
  it('count by their ratios: equal ones, of any size, change no byte', async () => {
    for (const method of [kd(), student(), labelSmoothing()]) {
      const { bytes } = await trained({ method });
      const weights = new Float32Array(12).fill(4);
      expect((await trained({ method, train: { ...DATA, weights } })).bytes).toEqual(bytes);
      const uneven = weights.map((weight, image) => weight * (1 + image));
      expect((await trained({ method, train: { ...DATA, weights: uneven } })).bytes).not.toEqual(bytes);
    }
  });
});
