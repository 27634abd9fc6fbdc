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
  taskTerms,
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

describeOn(await testEngines(), 'terms of a partly labelled batch', () => {
  it('are the mean cross-entropy of the labelled images, with its gradient, and the mean divergence of all', () => {
    const [logits, teacher] = [
      tf.tensor2d([2, 1, 0.3, 0.3, -1, 0.5], [3, 2]),
      tf.tensor2d([1, 3, 0, 2, 4, 0], [3, 2]),
    ];
    // Image 1 has no label; with 2 of 3 images labelled, a labelled one counts 3/2.
    const oneHot = tf.tensor2d([1, 0, 0, 0, 0, 1], [3, 2]);
    const labelWeights = tf.tensor1d([1.5, 0, 1.5]);
    const options = { ceWeight: 0.1, kdWeight: 0.9, temperature: 4 };
    const terms = (student: tf.Tensor2D): ReturnType<typeof taskTerms> =>
      taskTerms(
        { oneHot, labelWeights, student: { logits: student }, teacher: { logits: teacher } } as never,
        options,
      );
    const { ce, kd: divergence } = terms(logits);
    // -ln(e^2 / (e^2 + e^1)) = 0.3132617, -ln(e^0.5 / (e^-1 + e^0.5)) = 0.2014133
    expectClose(ce?.value as tf.Scalar, [(0.3132617 + 0.2014133) / 2], 1e-5);
    expectClose(divergence?.value as tf.Scalar, [...hintonKd(teacher, logits, 4).dataSync()], 1e-5);
    const gradient = tf.grad((student) => terms(student as tf.Tensor2D)['ce']?.value as tf.Scalar)(logits);
    // (softmax - y) / 2 for images 0 and 2: softmax of the right class 0.7310586 and 0.8175745.
    expectClose(gradient, [-0.1344707, 0.1344707, 0, 0, 0.0912128, -0.0912128], 1e-5);
  });
});

describeOn(REPRODUCIBLE, 'images without labels among others', () => {
  it('count as images of weight 0 in a term with labels', async () => {
    const unlabelled = await trained({ method: student(), train: without(DATA, 3, 4, 9) });
    const weights = Float32Array.from({ length: 12 }, (_, image) => ([3, 4, 9].includes(image) ? 0 : 1));
    expect(unlabelled.bytes).toEqual(
      (await trained({ method: student(), train: { ...DATA, weights } })).bytes,
    );
  });

  it('teach by the teacher alone, whatever their labels would be', async () => {
    const wrong = {
      ...DATA,
      labels: DATA.labels.map((label, image) => (image === 3 ? (label + 1) % 3 : label)),
    };
    const { bytes } = await trained({ method: kd(), train: without(DATA, 3) });
    expect((await trained({ method: kd(), train: without(wrong, 3) })).bytes).toEqual(bytes);
    expect((await trained({ method: kd() })).bytes).not.toEqual(bytes);
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
  it.each<[Method, string, Dataset]>([
    [kd(), 'some training images', NO_LABELS],
    [student(), 'some training images', NO_LABELS],
    [labelSmoothing(), 'some training images', NO_LABELS],
    [plain(), 'every training image', without(DATA, 5)],
  ])('%o says that it needs labels', async (method, which, train) => {
    const error = await caught(() => trained({ method, train }));
    expect([error.code, error.message]).toEqual([
      'data',
      `method '${method.name}', phase 'train', dataset 'tiny': expected a label for ${which}, which a term of it needs, ` +
        `got ${train === NO_LABELS ? 12 : 1} of 12 without. ` +
        'Take a method without such a term, for instance `kd({ ceWeight: 0 })`, or only the labelled images.',
    ]);
  });

  it('a method that does not use image weights declares it', async () => {
    const train: Dataset = { ...DATA, weights: new Float32Array(12).fill(2) };
    const error = await caught(() => trained({ method: plain(), train }));
    expect(error.message).toBe(
      "method 'plain', phase 'train', dataset 'tiny': expected images without weights: its terms do not weigh images, " +
        'got weights. Leave `weights` out, or take a method that uses them, for instance `kd()`.',
    );
  });

  it('validation and evaluation need every label', async () => {
    const wanted =
      "dataset 'tiny', labels: expected a label for every image, to evaluate with, got 2 of 12 images without, " +
      'the first is image 3. Use only the labelled images.';
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
  it('of 0 for every labelled image are refused: the term with labels would be 0 in every step', async () => {
    const train = without(DATA, 0, 1);
    const weights = Float32Array.from({ length: 12 }, (_, image) => (image < 2 ? 1 : 0));
    const error = await caught(() => trained({ method: student(), train: { ...train, weights } }));
    expect(error.code).toBe('data');
    expect(error.message).toContain(
      'a label for some training images, which a term of it needs, got 2 of 12 without, the others of weight 0',
    );
    await trained({ method: kd({ ceWeight: 0 }), train: { ...train, weights } });
  });

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
