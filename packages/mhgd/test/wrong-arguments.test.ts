import { createRandom, resolveEngine } from '@distilljs/core';
import { anySize, defaults, describeArguments } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import * as mhgd from '@distilljs/mhgd';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const random = (): unknown => createRandom(1);
const stream = createRandom(2);
/** Numbers that are no whole ones. */
const of =
  (...shape: readonly number[]): (() => tf.Tensor) =>
  () =>
    tf.tensor(
      Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, at) => Math.sin(at + 1) + 1.5),
      [...shape],
    );

const attention = (): mhgd.Attention => mhgd.createAttention(2, 5, 4, stream.fork('attention'));
const modules = (): mhgd.AttentionModule[] => mhgd.createModules(2, [5, 4], stream.fork('modules'));
const unit =
  (...shape: readonly number[]): (() => tf.Tensor) =>
  () =>
    tf.tidy(() => {
      const values = of(...shape)();
      return tf.div(values, tf.norm(values, 2, shape.length - 1, true));
    });
const teacherVectors = (): unknown => ({ vectors: unit(3, 2, 4)(), singularValues: tf.tensor2d([[3, 1], [3, 2], [2, 1]]) }); // prettier-ignore

/** Refused when a run is planned, with the number of the other network's taps. */
const UNTIL_PLANNED = /Taps: an empty list$/;

const rightArguments: Readonly<Record<string, RightArguments>> = {
  attentionGraphs: {
    given: {
      vectors: () => [unit(3, 5)(), unit(3, 4)()],
      modules: () => [{ attention: attention() }],
      labels: () => tf.tensor1d([0, 1, 2], 'int32'),
    },
    takes: [/averaged: a scalar$/],
  },
  createAttention: { given: { heads: () => 2, front: () => 5, back: () => 4, random }, whole: ['random'] },
  createEstimator: { given: { heads: () => 2, front: () => 5, back: () => 4, random }, whole: ['random'] },
  createModules: { given: { heads: () => 2, channels: () => [5, 4, 3], random }, whole: ['random'] },
  dropMask: { given: { heads: () => 2, n: () => 3, random }, whole: ['random'] },
  estimate: {
    given: {
      front: unit(3, 5),
      graphs: () => tf.softmax(of(2, 3, 3)()),
      mask: () => tf.ones([2, 3, 1]),
      estimator: () => mhgd.createEstimator(2, 5, 4, stream),
    },
  },
  headWidth: { given: { front: () => 5, back: () => 4 } },
  // It names what it is given; networks of other widths may be put together.
  moduleWeights: { given: { modules }, takes: [/averaged: a scalar$/, /(kernel|hidden): axis 0/] },
  scores: {
    given: { front: unit(3, 5), back: unit(3, 4), attention, statistics: () => 'moving' },
    takes: [/averaged: a scalar$/],
  },
  alignedVectors: {
    given: { rows: of(3, 6, 4), teacher: unit(3, 1, 4), candidates: () => 3 },
    takes: ['rows: axis 1 of another size', 'rows: axis 1 of size 1', 'teacher: axis 1 of another size'],
  },
  positionRows: { given: { map: of(2, 3, 3, 4) }, takes: [anySize('map')] },
  teacherVectors: { given: { map: of(2, 3, 3, 4), count: () => 2 }, takes: [anySize('map')] },
  kdSvd: {
    given: { options: () => ({ ...mhgd.kdSvd.defaults }) },
    takes: [defaults('options'), 'options.warmUp: true', UNTIL_PLANNED],
  },
  mhgd: {
    given: { options: () => ({ ...mhgd.mhgd.defaults }) },
    takes: [defaults('options'), /^options\.(dropHeads|warmUp): true$/, UNTIL_PLANNED],
  },
  relation: {
    given: { front: unit(3, 2, 4), back: unit(3, 2, 5), beta: () => 8 },
    takes: [/^(front|back): axis 2/],
  },
  relationLoss: {
    given: {
      student: () => [unit(3, 2, 4)(), unit(3, 2, 4)()],
      teacher: () => [teacherVectors(), teacherVectors()],
      options: () => ({ form: 'rank-1', beta: 8 }),
    },
  },
  graphDivergence: { given: { student: of(2, 3, 3), teacher: of(2, 3, 3) } },
  reconstruction: { given: { estimated: unit(3, 4), actual: unit(3, 4) } },
  sensingPoints: { given: { family: () => 'vgg' } },
};

describeArguments(mhgd, rightArguments);

it.each<[string, () => unknown, string]>([
  [
    'vectors of one image for all',
    () => mhgd.relation(of(3, 2, 4)() as never, of(1, 2, 4)() as never, 8),
    'relation(back): expected shape [3, 2, *], got [1, 2, 4].',
  ],
  [
    'a teacher of one image for all',
    () => mhgd.alignedVectors(of(3, 6, 4)() as never, of(1, 1, 4)() as never, 4),
    'alignedVectors(teacher): expected shape [3, *, 4], got [1, 1, 4].',
  ],
  [
    'fewer candidates than vectors',
    () => mhgd.alignedVectors(of(3, 6, 4)() as never, of(3, 2, 4)() as never, 1),
    'alignedVectors(candidates): expected a whole number, at least 2, got 1.',
  ],
  [
    'statistics of another name',
    () => mhgd.scores(of(3, 5)() as never, of(3, 4)() as never, attention(), 'Batch' as never),
    'scores(statistics): expected one of "batch", "moving", got "Batch".',
  ],
  [
    'one tap',
    () => mhgd.relationLoss([of(3, 1, 4)() as never], [], { form: 'eccv', beta: 8 }),
    'relationLoss(student): expected a list of at least 2, each entry a tensor, got a list of 1.',
  ],
])('%s: refused', (_, call, message) => {
  expect(call).toThrow(message);
});
