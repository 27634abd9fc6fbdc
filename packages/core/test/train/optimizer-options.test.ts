import * as tf from '@tensorflow/tfjs-core';
import { adam, cosineRate, distill, resolveEngine, sgd, student } from '@distilljs/core';
import type { OptimizerSpec } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { caught } from '../caught.js';

describe('optimizer options', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a negative rate',
      () => sgd({ learningRate: -1 }),
      'sgd.learningRate: expected a number of at least 0, or a schedule',
    ],
    [
      'a rate that is none',
      () => adam({ learningRate: NaN }),
      'adam.learningRate: expected a number of at least 0',
    ],
    [
      'momentum 1',
      () => sgd({ momentum: 1 }),
      'sgd.momentum: expected a number of at least 0 and below 1, got 1.',
    ],
    ['beta1 1', () => adam({ beta1: 1 }), 'adam.beta1: expected a number of at least 0 and below 1, got 1.'],
    ['beta2 1', () => adam({ beta2: 1 }), 'adam.beta2: expected a number of at least 0 and below 1, got 1.'],
    ['epsilon 0', () => adam({ epsilon: 0 }), 'adam.epsilon: expected a number above 0, got 0.'],
    [
      'negative decay',
      () => sgd({ weightDecay: -1 }),
      'sgd.weightDecay: expected a number of at least 0, got -1.',
    ],
    [
      'a list that is none',
      () => sgd({ noDecay: 'bias' as never }),
      'sgd.noDecay: expected a list, each entry a non-empty string',
    ],
    ['an unknown option', () => adam({ decay: 1 } as object), "adam: expected a known option, got 'decay'."],
  ])('refuse %s', async (_, make, message) => {
    const error = await caught(make);
    expect(error.code).toBe('option');
    expect(error.message).toContain(message);
  });

  it('stand in reports as plain data, the schedule included', () => {
    const { name, options } = sgd({ learningRate: cosineRate(0.1, { warmupEpochs: 2 }), noDecay: ['gamma'] });
    expect(name).toBe('sgd');
    expect(JSON.parse(JSON.stringify(options))).toEqual({
      learningRate: { schedule: 'cosine', base: 0.1, final: 0, warmupEpochs: 2, warmupFrom: 0.1 },
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0.0005,
      noDecay: ['gamma'],
    });
  });

  it.each([sgd, adam])('leave out of weight decay what a method asks for besides', async (optimizer) => {
    await resolveEngine('cpu');
    const variables = tf.tidy(() => ({
      'conv/kernel': tf.variable(tf.scalar(1)),
      'conv/theta': tf.variable(tf.scalar(1)),
    }));
    const made = optimizer({ learningRate: 0.1, weightDecay: 0.5 }).create(variables, { noDecay: ['theta'] });
    made.apply({}, { epoch: 0, epochs: 1 });
    expect(variables['conv/kernel'].dataSync()[0]).toBeLessThan(1);
    expect(variables['conv/theta'].dataSync()[0]).toBe(1);
    made.dispose();
    tf.dispose(variables);
  });

  it.each<[string, OptimizerSpec, string[]]>([
    ['known by last part and by whole name', sgd({ noDecay: ['bias', 'logits/kernel'] }), []],
    ['without weight decay, which has no effect then', adam({ weightDecay: 0, noDecay: ['bais'] }), []],
    [
      'misspelt',
      adam({ weightDecay: 1e-4, noDecay: ['bias', 'bais'] }),
      ["adam.noDecay: nothing trained is named 'bais'. Did you mean 'bias'? Available: "],
    ],
    [
      'of a layer that is none',
      sgd({ noDecay: ['conv9/bias'] }),
      ["sgd.noDecay: nothing trained is named 'conv9/bias'. "],
    ],
  ])('tell of names in `noDecay` that no variable has: %s', async (_, optimizer, expected) => {
    await resolveEngine('cpu');
    const network = tinyNetwork(1);
    onTestFinished(() => {
      network.dispose();
    });
    const { warnings } = await distill({
      students: [network],
      method: student(),
      optimizer,
      train: tinyDataset(8, 1),
      epochs: 1,
      batchSize: 4,
      seed: 1,
    });
    const told = warnings.filter((warning) => warning.includes('noDecay'));
    expect(told).toHaveLength(expected.length);
    expect(told.every((warning, at) => warning.startsWith(expected[at] ?? '-'))).toBe(true);
  });

  it('need at least one variable', async () => {
    await resolveEngine('cpu');
    const before = tf.memory().numTensors;
    const error = await caught(() => sgd().create({}));
    expect(error.message).toBe('sgd: expected at least one variable to move, got none.');
    expect(tf.memory().numTensors).toBe(before);
  });
});
