import { channelStatistics, createRandom, resolveEngine } from '@distilljs/core';
import { anySize, defaults, describeArguments, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import * as rtk from '@distilljs/rtk';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { layerPair } from '../src/layer-pair.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const random = (): unknown => createRandom(1);
const stream = createRandom(2);
/** Numbers that are no whole ones. */
const of =
  (...shape: readonly number[]): (() => never) =>
  () => {
    const size = tf.util.sizeFromShape([...shape]);
    return tf.tensor(Array.from({ length: size }, (_, at) => Math.sin(at + 1) + 1.5), [...shape]) as never; // prettier-ignore
  };

const shape = { queries: [{ channels: 3 }, { channels: 5 }], keys: [{ channels: 4 }], width: 2 } as const;
const named = (): never => rtk.createAttentionWeights(shape, stream) as never;
const weights = (): rtk.AttentionWeights => rtk.attentionWeights(shape, named());
const statistics = (columns: number): rtk.NormStatistics => ({
  mean: of(columns)(),
  variance: of(columns)(),
});
const teacher = (): rtk.LayerMaps => rtk.layerMaps([of(6, 4, 4, 3)(), of(6, 2, 2, 5)()], true);
const student = (): rtk.LayerMaps => rtk.layerMaps([of(6, 4, 4, 4)()], false);
const matching = {
  direction: 'teacher-query',
  grid: 'teacher',
  distance: 'cosine',
  rule: 'none',
  keep: 1,
  runs: [[0], [1]],
} as const;
const data = tinyDataset(4, 1);
const looked = (): object => {
  const method = rtk.rtk();
  const [ofTeacher, ofStudent] = [tinyNetwork(1), tinyNetwork(2)];
  const { attention } = layerPair('rtk', method.options, { teacher: ofTeacher, student: ofStudent });
  return {
    method,
    weights: rtk.createAttentionWeights(attention, stream),
    teacher: ofTeacher,
    student: ofStudent,
    dataset: data,
    normalization: channelStatistics(data),
    batchSize: 4,
  };
};

/** Refused when a run is planned. */
const UNTIL_PLANNED = /Taps: an empty list$/;

const rightArguments: Readonly<Record<string, RightArguments>> = {
  poolingMatrix: { given: { from: () => 4, to: () => 3 } },
  attentionWeights: { given: { shape: () => structuredClone(shape), named } },
  createAttentionWeights: { given: { shape: () => structuredClone(shape), random }, whole: ['random'] },
  linearNorm: {
    given: {
      inputs: () => [of(6, 3)(), of(6, 5)()],
      block: () => ({ ...weights().query }),
      statistics: () => statistics(4),
    },
    takes: ['statistics: nothing'],
  },
  moveStatistics: { given: { moving: () => statistics(4), batch: () => statistics(4), rows: () => 6 } },
  layerAttention: {
    given: {
      queries: () => [of(6, 3)(), of(6, 5)()],
      keys: () => [of(6, 4)()],
      weights,
      statistics: () => ({ query: statistics(4), key: statistics(2), bilinear: statistics(4) }),
    },
    takes: ['statistics: nothing'],
  },
  attentionMatching: {
    given: { options: () => ({ ...rtk.baseDefaults }) },
    takes: [defaults('options'), UNTIL_PLANNED],
  },
  rtk: { given: { options: () => ({ ...rtk.rtkDefaults }) }, takes: [defaults('options'), UNTIL_PLANNED] },
  attentionOver: {
    given: { options: looked },
    whole: ['options.method', 'options.teacher', 'options.student', 'options.dataset'],
    takes: ['options.batchSize: nothing', 'options.normalization.mean.0: minus one and a half'],
  },
  adaptiveAveragePool: {
    given: { maps: of(2, 4, 4), to: () => ({ height: 2, width: 3 }) },
    takes: [anySize('maps')],
  },
  layerMaps: {
    given: { features: () => [of(3, 4, 4, 2)(), of(3, 2, 2, 3)()], constant: () => true },
    takes: [/^features.0: axis [123]/, 'constant: true'],
  },
  mapDistances: {
    given: { own: teacher, other: student, distance: () => 'cosine' },
    whole: ['own', 'other'],
  },
  mapSummary: {
    given: { features: of(3, 4, 4, 2), constant: () => false },
    takes: [anySize('features'), 'constant: true'],
  },
  unitMaps: { given: { maps: of(3, 2, 4) }, takes: [anySize('maps')] },
  attentionLoss: {
    given: { match: () => ({ attention: of(3, 2, 4)(), distances: of(3, 2, 4)() }) },
  },
  matchLayers: {
    given: { teacher, student, weights, matching: () => structuredClone(matching) },
    whole: ['teacher', 'student'],
  },
  stageAgreement: { given: { attention: of(3, 2, 4), runs: () => [[0, 1], [2, 3]] }, takes: [/^attention: axis ([01]|2 of another)/] }, // prettier-ignore
  aboveUniform: { given: { logits: of(3, 2, 4) }, takes: [anySize('logits')] },
  runsOfOneShape: { given: { shapes: () => [[4, 4, 2], [4, 4, 2]] }, takes: [/an empty list$/] }, // prettier-ignore
  stageMedoids: { given: { teacher, runs: () => [[0], [1]] }, whole: ['teacher'] },
  topMask: { given: { scores: of(3, 2, 4), keep: () => 2 }, takes: [anySize('scores'), /^scores: an axis/] },
  blockTaps: {
    given: { where: () => 'x', network: () => tinyNetwork(1) },
    whole: ['network'],
    takes: ['where: a text'],
  },
  tapPreset: { given: { name: () => 'resnet20' } },
};

describeArguments(rtk, rightArguments);

it.each<[string, () => unknown, RegExp]>([
  [
    'a student of one image for the batch',
    () => rtk.mapDistances(teacher(), rtk.layerMaps([of(1, 4, 4, 4)()], false), 'cosine'),
    /^mapDistances\(other\)\.means\[0\]: expected shape \[6, \*\], got \[1, 4\]/,
  ],
  [
    'statistics of one row, which have no variance',
    () => rtk.moveStatistics(statistics(4), statistics(4), 1),
    /^moveStatistics\(rows\): expected a whole number, at least 2, got 1/,
  ],
  [
    'statistics of one column for all',
    () => rtk.moveStatistics(statistics(4), statistics(1), 6),
    /^moveStatistics\(batch\)\.mean: expected shape \[4\], got \[1\]/,
  ],
  [
    'another distance',
    () => rtk.mapDistances(teacher(), student(), 'euclid' as never),
    /^mapDistances\(distance\): expected one of "meanSquare", "cosine", got "euclid"/,
  ],
  [
    'another direction',
    () => rtk.matchLayers(teacher(), student(), weights(), { ...matching, direction: 'teacher' as never }),
    /^matchLayers\(matching\)\.direction: expected one of "teacher-query", "student-query", got "teacher"/,
  ],
  [
    'runs of maps that are not there',
    () => rtk.stageAgreement(of(3, 2, 4)(), [[0, 4]]),
    /^stageAgreement\(runs\): expected a list/,
  ],
  [
    'runs across grids',
    () => rtk.stageMedoids(teacher(), [[0, 1]]),
    /^stageMedoids\(runs\): expected runs of neighbours on one grid, .* got \[0, 1\]/,
  ],
  [
    'none to keep',
    () => rtk.topMask(of(3, 4)(), 0),
    /^topMask\(keep\): expected a whole number, at least 1, got 0/,
  ],
])('%s: refused', (_, call, message) => {
  expect(call).toThrow(message);
});
