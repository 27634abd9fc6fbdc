import { createNetwork, resolveEngine } from '@distilljs/core';
import { anySize, defaults, describeArguments, tinyNetwork } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import * as vam from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll } from 'vitest';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const plain = (): LayersModel =>
  sequential({
    layers: [
      layers.conv2d({ name: 'first', filters: 4, kernelSize: 3, inputShape: [6, 6, 1] }),
      layers.conv2d({ name: 'second', filters: 4, kernelSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
const attending = (): LayersModel => vam.withVam(plain(), { blockSize: 2 });
const experts = (): LayersModel =>
  vam.hmePaper({ imageShape: [8, 8, 1], classes: 3, experts: 2, widths: [2, 2, 2], blocks: 1 });
const theta = (): tf.Tensor => tf.tensor2d([[1, 2, 0], [0, 3, 1]]); // prettier-ignore
const rows = (): number[][] => [[0.5, 0.5], [1, 0]]; // prettier-ignore
const logits = (): tf.Tensor => tf.tensor2d([[1, 2, 0.5, 0], [0, 3, 1, 2]]); // prettier-ignore

const rightArguments: Readonly<Record<string, RightArguments>> = {
  annealedTemperature: { given: { epoch: () => 2 } },
  taskAttention: {
    given: { theta, temperature: () => 2 },
    takes: [anySize('theta'), 'temperature: a scalar'],
  },
  attentionEntropy: {
    given: { theta, temperature: () => 2 },
    takes: [anySize('theta'), 'temperature: a scalar'],
  },
  hardAttention: { given: { theta }, takes: [anySize('theta')] },
  mixParents: {
    given: { attention: () => tf.ones([2, 3]), parents: () => [tf.ones([4]), tf.ones([4]), tf.ones([4])] },
    takes: ['attention: a matrix', /^attention: axis 0/],
  },
  attentionParameters: {
    given: { inputs: () => 8, filters: () => 8, size: () => ({ inputs: 2, filters: 4 }) },
  },
  blockCount: { given: { inputs: () => 8, filters: () => 8, size: () => ({ inputs: 2, filters: 4 }) } },
  foldVam: { given: { model: attending }, takes: ['model: a model'] },
  unfoldVam: { given: { model: attending }, takes: ['model: a model'] },
  vamLayers: { given: { model: attending }, takes: ['model: a model'] },
  withVam: {
    given: {
      model: plain,
      options: () => ({ blockSize: 2, rescale: 'none', grouped: false, layers: 'eligible', seed: 0 }),
    },
    takes: [/^options\.\w+: nothing$/, 'options.grouped: true'],
  },
  registerVamConv2D: { given: {} },
  registerHme: { given: {} },
  VamConv2D: {
    given: {
      config: () => ({
        filters: 4,
        kernelSize: 3,
        inputBlock: 2,
        filterBlock: 2,
        rescale: 'none',
        grouped: false,
      }),
    },
    takes: ['config.grouped: true'],
  },
  meanEntropy: { given: { layers: () => vam.vamLayers(attending()).map(({ layer }) => layer) } },
  vam: {
    given: { options: () => ({ gamma: 0.01, ceWeight: 0.1, kdWeight: 0.9, temperature: 4 }) },
    takes: [defaults('options')],
  },
  attentionFlow: { given: { levels: () => [rows(), rows()] } },
  neuralTree: { given: { levels: () => [rows(), rows()] }, takes: ['levels.0.0.0: minus one and a half'] },
  classSimilarity: { given: { rows } },
  attentionStatistics: {
    given: { name: () => 'a', theta: rows, view: () => ({ temperature: 1, threshold: 0.2 }) },
    takes: [/^name: (a text|no text)$/, 'theta.0.0: minus one and a half', defaults('view')],
  },
  explain: {
    given: { network: () => createNetwork(experts()), options: () => ({ temperature: 1, threshold: 0.2 }) },
    whole: ['network'],
    takes: [defaults('options')],
  },
  explainVam: {
    given: { network: () => createNetwork(attending()), options: () => ({ threshold: 0.2 }) },
    whole: ['network'],
    takes: [defaults('options')],
  },
  subtaskConflict: {
    given: {
      network: () => tinyNetwork(1),
      batch: () => ({
        images: tf.ones([4, 6, 6, 2]),
        labels: tf.tensor1d([0, 1, 2, 0], 'int32'),
        teacher: tf.ones([4, 3]),
        temperature: 4,
        smoothing: 0.1,
        over: 'stage1',
      }),
    },
    whole: ['network'],
    takes: [/^batch\.(teacher|temperature|smoothing): nothing$/],
  },
  // Whatever has a size.
  AdaptiveAveragePooling: {
    given: { config: () => ({ size: 2, name: 'a' }) },
    takes: [
      'config.name: nothing',
      'config.name: a text',
      /^config: (a map|a matrix|maps|a scalar|texts|a tensor)/,
    ],
  },
  classScores: { given: { head: () => 'nce' } },
  ClassScores: {
    given: { config: () => ({ readout: 'max', name: 'a' }) },
    takes: ['config.name: nothing', 'config.name: a text'],
  },
  TaskAttention: {
    given: { config: () => ({ children: 2, name: 'a' }) },
    takes: ['config.name: nothing', 'config.name: a text'],
  },
  hmePaper: {
    given: {
      options: () => ({
        imageShape: [8, 8, 1],
        classes: 3,
        head: 'nce',
        experts: 2,
        widths: [2, 2, 2],
        blocks: 1,
      }),
    },
    takes: [/^options\.(head|experts|widths|blocks): nothing$/],
  },
  hmeReleased: {
    given: { options: () => ({ imageShape: [8, 8, 1], classes: 3, head: 'nce' }) },
    takes: ['options.head: nothing'],
  },
  readExperts: { given: { model: experts } },
  kdExplainer: { given: { options: () => ({ ...vam.kdExplainerDefaults }) }, takes: [defaults('options')] },
  retrainRate: { given: { base: () => 0.1 } },
  searchRate: { given: { base: () => 0.1, warmUp: () => true }, takes: ['warmUp: nothing', 'warmUp: true'] },
  subtaskCrossEntropy: {
    given: { targets: logits, margins: logits, weights: () => tf.tensor1d([1, 2]) },
    takes: ['weights: nothing'],
  },
  subtaskKd: {
    given: { teacher: logits, margins: logits, temperature: () => 4, weights: () => tf.tensor1d([1, 2]) },
    takes: ['weights: nothing'],
  },
  teacherBinaryLogits: { given: { teacher: logits, temperature: () => 4 }, takes: [anySize('teacher')] },
};

describeArguments(vam, rightArguments);
