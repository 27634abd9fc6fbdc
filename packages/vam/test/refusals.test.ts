import { createRandom, resolveEngine } from '@distilljs/core';
import { tinyNetwork } from '@distilljs/core/testing';
import {
  AdaptiveAveragePooling,
  annealedTemperature,
  attentionEntropy,
  attentionFlow,
  attentionStatistics,
  classScores,
  classSimilarity,
  hardAttention,
  mixParents,
  neuralTree,
  subtaskConflict,
  subtaskCrossEntropy,
  subtaskKd,
  TaskAttention,
  taskAttention,
  teacherBinaryLogits,
  VamConv2D,
} from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { input } from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

beforeAll(async () => {
  await resolveEngine('cpu');
});
beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

/** Of whatever rank the types ask for. */
const of = (...shape: readonly number[]): never => tf.zeros([...shape]) as never;
const two = [
  [0.5, 0.5],
  [1, 0],
];

it.each<readonly [string, () => unknown, RegExp]>([
  [
    'Θ of one axis',
    () => taskAttention(of(3), 1),
    /^taskAttention\(theta\): expected shape \[\*, \*\], got \[3\]/,
  ],
  [
    'a temperature of 0',
    () => taskAttention(of(2, 3), 0),
    /^taskAttention\(temperature\): expected a number above 0, got 0/,
  ],
  [
    'Θ of three axes',
    () => attentionEntropy(of(2, 3, 1), 1),
    /^attentionEntropy\(theta\): .*got \[2, 3, 1\]/,
  ],
  [
    'a temperature below 0',
    () => attentionEntropy(of(2, 3), -1),
    /^attentionEntropy\(temperature\): .*got -1/,
  ],
  ['hard attention of one axis', () => hardAttention(of(3)), /^hardAttention\(theta\): .*got \[3\]/],
  [
    'an epoch of 0',
    () => annealedTemperature(0),
    /^annealedTemperature\(epoch\): expected a number above 0, got 0/,
  ],
  [
    'attention to other parents',
    () => mixParents(of(2, 3), [of(4), of(4)]),
    /^mixParents\(attention\): expected shape \[\*, 2\], got \[2, 3\]/,
  ],
  [
    'targets of other classes',
    () => subtaskCrossEntropy(of(4, 3), of(4, 2)),
    /^subtaskCrossEntropy\(targets\).*\[4, 3\].*\[4, 2\]/,
  ],
  [
    'weights of other images',
    () => subtaskCrossEntropy(of(4, 3), of(4, 3), of(3)),
    /^subtaskCrossEntropy\(weights\): expected shape \[4\], got \[3\]/,
  ],
  ['margins of one axis', () => subtaskKd(of(4), of(4), 1), /^subtaskKd\(margins\): .*got \[4\]/],
  [
    'weights with an axis too many',
    () => subtaskKd(of(4, 3), of(4, 3), 4, of(4, 1)),
    /^subtaskKd\(weights\): expected shape \[4\], got \[4, 1\]/,
  ],
  [
    'a teacher of one axis',
    () => teacherBinaryLogits(of(3), 1),
    /^teacherBinaryLogits\(teacher\): .*got \[3\]/,
  ],
  ['a temperature of NaN', () => teacherBinaryLogits(of(2, 3), NaN), /^teacherBinaryLogits\(temperature\)/],
  ['no rows', () => attentionStatistics('a', []), /^attentionStatistics\(theta\): .*got no rows/],
  ['rows of two lengths', () => attentionStatistics('a', [[1, 2], [3]]), /got a row of 1: 3/],
  ['a row with NaN', () => classSimilarity([[1, NaN]]), /^classSimilarity\(rows\): .*got a row of 2: 1, NaN/],
  [
    'logits in place of distributions',
    () => classSimilarity([[2, -1]]),
    /^classSimilarity\(rows\): expected rows of at least 0 with a sum of 1, got a row of 2, -1/,
  ],
  [
    'a flow of logits',
    () => attentionFlow([[[2, 1]]]),
    /^attentionFlow\(levels\)\[0\]: expected rows of at least 0 with a sum of 1, got a row of 2, 1/,
  ],
  ['no parents', () => mixParents(of(2, 0), []), /^mixParents\(parents\): expected a list of at least 1/],
  [
    'a temperature per parent',
    () => taskAttention(of(2, 3), of(3)),
    /^taskAttention\(temperature\): expected shape \[1\], got \[3\]/,
  ],
  [
    'a kernel of NaN',
    () =>
      new VamConv2D({
        filters: 2,
        kernelSize: NaN,
        inputBlock: 1,
        filterBlock: 1,
        rescale: 'none',
        grouped: false,
      }),
    /kernelSize: expected a whole number, at least 1, or a list of 2/,
  ],
  [
    'vectors where feature maps are pooled',
    () => new AdaptiveAveragePooling({ size: 2, name: 'a' }).apply(input({ shape: [4] })),
    /^layer 'a': expected inputs of shape \[\*, \*, \*, \*\], got \[\*, 4\]/,
  ],
  [
    'heads of another number of outputs',
    () => classScores('binary').apply([input({ shape: [1] }), input({ shape: [1] })]),
    /^layer 'scores': expected inputs of shape \[\*, 2\], got \[\*, 1\]/,
  ],
  [
    'parents of different widths',
    () => new TaskAttention({ children: 2, name: 't' }).apply([input({ shape: [4] }), input({ shape: [1] })]),
    /^layer 't': expected inputs of shape \[\*, 4\], got \[\*, 1\]/,
  ],
  [
    'no levels',
    () => attentionFlow([]),
    /^attentionFlow\(levels\): expected attention of at least one level/,
  ],
  [
    'levels that do not fit each other',
    () => neuralTree([two, [[1, 0, 0]]]),
    /^neuralTree\(levels\)\[1\]: expected rows of numbers, \[\*, 2\], got a row of 3: 1, 0, 0/,
  ],
])('%s: refused by name', (_, call, message) => {
  expect(call).toThrow(message);
});

it('subtaskConflict() takes images, labels and logits of one batch', async () => {
  const network = tinyNetwork(createRandom(1).integer(9));
  const images: tf.Tensor4D = of(4, ...network.inputShape);
  const labels = tf.zeros<tf.Rank.R1>([4], 'int32');
  const over = 'stage1';
  await expect(subtaskConflict(network, { images: of(4, 3, 3, 1), labels, over })).rejects.toThrow(
    /^subtaskConflict\(images\): expected shape/,
  );
  await expect(subtaskConflict(network, { images, labels: tf.slice(labels, 0, 3), over })).rejects.toThrow(
    /^subtaskConflict\(labels\): expected shape \[4\], got \[3\]/,
  );
  for (const label of [-1, network.classes])
    await expect(
      subtaskConflict(network, { images, labels: tf.fill<tf.Rank.R1>([4], label, 'int32'), over }),
    ).rejects.toThrow(/^subtaskConflict\(labels\): expected a whole number, at least 0 and at most 2, got/);
  await expect(
    subtaskConflict(network, { images, labels, teacher: of(4, network.classes + 1), over }),
  ).rejects.toThrow(/^subtaskConflict\(teacher\): expected shape \[4, /);
  network.dispose();
});
