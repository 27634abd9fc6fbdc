import * as tf from '@tensorflow/tfjs-core';
import * as core from '@distilljs/core';
import { anySize, defaults, describeArguments, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import { beforeAll, expect, it } from 'vitest';

/*
 * What is computed with tensors, and what makes methods, optimizers and rates: one wrong argument or field at a time.
 */

beforeAll(async () => {
  await core.resolveEngine('cpu');
});

/** Numbers that are no whole ones. */
const of =
  (...shape: readonly number[]): (() => tf.Tensor) =>
  () => {
    const size = tf.util.sizeFromShape([...shape]);
    return tf.tensor(Array.from({ length: size }, (_, at) => Math.sin(at + 1) + 1.5), [...shape]); // prettier-ignore
  };
const logits = of(4, 3);
const oneHot = (): tf.Tensor => tf.oneHot(tf.tensor1d([0, 1, 2, 0], 'int32'), 3, 1, 0, 'float32');
const weights = of(4);
const temperature = (): number => 4;
const pair = { teacher: of(4, 2, 2, 3), student: of(4, 3, 3, 3) };
const noWeights = 'weights: nothing';
const anyWidth = /^(teacher|student): axis 1/;
/** Refused when a run is planned. */
const untilPlanned = /Taps?: (an empty list|a text)$/;

const losses: Readonly<Record<string, RightArguments>> = {
  attentionTransfer: { given: { ...pair, weights }, takes: [noWeights, /^(teacher|student): axis [123]/] },
  crossEntropy: { given: { targets: oneHot, logits, weights }, takes: [noWeights] },
  decoupledKd: {
    given: { teacher: logits, student: logits, oneHot, temperature, weights },
    takes: [noWeights],
  },
  distRelations: { given: { teacher: logits, student: logits, temperature } },
  hint: {
    given: {
      ...pair,
      projector: () => ({ kernel: of(1, 1, 3, 3)(), gamma: of(3)(), beta: of(3)() }),
      weights,
    },
    takes: [noWeights, /^(teacher|student): axis [12]/],
  },
  hintonKd: { given: { teacher: logits, student: logits, temperature, weights }, takes: [noWeights] },
  labelSmoothingCrossEntropy: {
    given: { oneHot, logits, smoothing: () => 0.1, weights },
    takes: [noWeights],
  },
  probabilisticTransfer: { given: { teacher: of(4, 5), student: logits }, takes: [anyWidth] },
  relationalAngle: { given: { teacher: of(4, 5), student: logits }, takes: [anyWidth] },
  relationalDistance: { given: { teacher: of(4, 5), student: logits }, takes: [anyWidth] },
  similarityPreserving: {
    given: { teacher: of(4, 2, 2, 3), student: logits },
    takes: [/^(teacher|student): (axis [123]|an axis more)/],
  },
  standardizedKd: { given: { teacher: logits, student: logits, temperature, weights }, takes: [noWeights] },
  standardizeLogits: { given: { logits }, takes: [anySize('logits')] },
  unitRows: { given: { rows: logits }, takes: [anySize('rows')] },
  weightedMean: { given: { losses: weights, weights }, takes: [noWeights] },
};

const factory = (
  name: 'at' | 'dist' | 'dkd' | 'fitnet' | 'kd' | 'labelSmoothing' | 'pkt' | 'rkd' | 'sp' | 'student',
  ...takes: readonly (string | RegExp)[]
): RightArguments => ({
  given: { options: () => ({ ...core[name].defaults }) },
  takes: [defaults('options'), ...takes],
});

const functions: Readonly<Record<string, RightArguments>> = {
  ...losses,
  adaptiveAveragePool: {
    given: { map: of(2, 4, 4, 3), to: () => ({ height: 2, width: 3 }) },
    takes: [anySize('map')],
  },
  poolingMatrix: { given: { from: () => 4, to: () => 3 } },
  pooledEmbedding: {
    given: { where: () => 'tap', output: of(4, 2, 2, 3) },
    takes: [/^where/, anySize('output')],
  },
  batchNormTraining: {
    given: { x: of(4, 3), gamma: of(3), beta: of(3), epsilon: () => 1e-3 },
    takes: [/^(gamma|beta): null$/, 'x: a matrix', /^x: axis 0/],
  },
  constantRate: { given: { base: () => 0.1 } },
  cosineRate: { given: { base: () => 0.1, options: () => ({}) }, takes: [defaults('options')] },
  stepRate: {
    given: { base: () => 0.1, options: () => ({ milestones: [0.5, 0.75] }) },
    takes: ['options.milestones: an empty list'],
  },
  asSchedule: { given: { rate: () => 0.1 } },
  sgd: {
    given: { options: () => ({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }) },
    takes: [defaults('options'), 'options.nesterov: true'],
  },
  adam: { given: { options: () => ({ learningRate: 0.1, weightDecay: 0.1 }) }, takes: [defaults('options')] },
  clipByGlobalNorm: {
    given: { maximum: () => 1, inner: core.sumOfTerms },
    whole: ['inner'],
    takes: ['inner: nothing'],
  },
  uniformSampler: { given: { size: () => 8, batchSize: () => 4 } },
  ...Object.fromEntries(
    (['dist', 'dkd', 'labelSmoothing', 'student'] as const).map((name) => [name, factory(name)]),
  ),
  ...Object.fromEntries(
    (['at', 'fitnet', 'pkt', 'rkd', 'sp'] as const).map((name) => [name, factory(name, untilPlanned)]),
  ),
  kd: factory('kd', 'options.standardize: true'),
};

const raster = (): unknown => ({ width: 2, height: 2, channels: 3, data: new Uint8Array(12) });
const data = (): unknown => tinyDataset(4, 1);
const normalization = (): core.Normalization => core.channelStatistics(tinyDataset(4, 1));
const network = (): unknown => tinyNetwork(1);
const teacher = (): unknown => core.freeze(tinyNetwork(1));
/** A mean may be below 0. */
const anyMean = /normalization\.mean\.0: minus one and a half$/;

/** What reads images, names of classes and layers. */
const readers: Readonly<Record<string, RightArguments>> = {
  upright: { given: { raster, orientation: () => 6 } },
  withChannels: { given: { raster, channels: () => 1 } },
  fitImage: {
    given: {
      raster,
      fit: () => ({ height: 2, width: 2, channels: 3, resize: 'crop' }),
      orientation: () => 1,
    },
    takes: ['orientation: nothing'],
  },
  loadBatch: {
    given: {
      data,
      positions: () => [0, 1],
      preparation: () => ({
        normalization: normalization(),
        augmentation: { ...core.CIFAR_AUGMENTATION, padCrop: 1 },
      }),
      random: () => core.createRandom(1),
    },
    whole: ['data', 'random'],
    takes: [
      anyMean,
      /^positions: (an empty list|floats|bytes)$/,
      'preparation.augmentation: nothing',
      'preparation.augmentation.flip: true',
      'random: a function',
    ],
  },
  askTeacher: {
    given: { teacher, images: of(2, 6, 6, 2), taps: () => ['stage1'] },
    whole: ['teacher'],
    takes: [/^images: axis 0/, 'taps: nothing', 'taps: an empty list'],
  },
  metadataOf: { given: { data, normalization }, whole: ['data'], takes: [/^normalization\.mean\.0: minus/] },
  seedWeights: {
    given: { model: (): unknown => tinyNetwork(1).model, random: () => core.createRandom(1) },
    whole: ['random'],
    takes: ['model: a model'],
  },
  mapShape: {
    given: { where: () => 'x', network, tap: () => 'stage1' },
    whole: ['network'],
    takes: [/^where/],
  },
  encodeSafetensors: {
    given: { tensors: () => ({ a: of(2)() }), metadata: () => ({ x: 'y' }) },
    whole: ['tensors.a'],
    takes: [
      /^(tensors|metadata): an object( without a prototype)?$/,
      /^tensors\.a: (axis|an axis|a matrix|maps|a scalar)/,
      /^metadata\.x: (a|no) text$/,
    ],
  },
};

const all = { ...functions, ...readers };
const exported = core as Readonly<Record<string, unknown>>;
describeArguments(Object.fromEntries(Object.keys(all).map((name) => [name, exported[name]])), all);

it('metadata may lack names of classes in so many words', () => {
  const { model } = tinyNetwork(1);
  const metadata = core.metadataOf(tinyDataset(4, 1), normalization());
  core.setModelMetadata(model, { ...metadata, classNames: undefined });
  expect(core.modelMetadata(model)?.classNames).toBeUndefined();
});

it('an orientation that EXIF does not have leaves the size that was asked for', () => {
  const wide: core.Raster = { width: 4, height: 2, channels: 3, data: new Uint8Array(24) };
  const fitted = core.fitImage(wide, { height: 2, width: 6, channels: 3, resize: 'stretch' }, 9);
  expect([fitted.height, fitted.width]).toEqual([2, 6]);
});
