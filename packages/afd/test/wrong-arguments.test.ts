import * as afd from '@distilljs/afd';
import { createRandom, resolveEngine } from '@distilljs/core';
import { anySize, defaults, describeArguments } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

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
const scores =
  (...values: readonly number[]): (() => tf.Tensor1D) =>
  () =>
    tf.tensor1d([...values]);

const sizes = {
  discriminatorKernels: ['auto', 'auto'],
  discriminatorStrides: [1, 1],
  discriminatorWidth: 'auto',
  leakySlope: 0.01,
} as const;
const shape = [4, 4, 4] as const;
const geometry = (): afd.DiscriminatorGeometry => afd.discriminatorGeometry(sizes, shape);
const options = { temperature: 3, ceWeight: 1, kdWeight: 1, peers: 'cycle' } as const;
const step = (): never =>
  ({
    students: [{ logits: of(4, 3)() }, { logits: of(4, 3)() }],
    oneHot: tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0], [4, 3]),
    weights: tf.ones([4]),
    labelWeights: tf.ones([4]),
  }) as never;
/** Refused when a run is planned, with the number of its networks. */
const UNTIL_PLANNED = 'options.tap: an empty list';
const BY_NAME = 'options.tap: a text';
/** A rate that never falls. */
const CONSTANT = 'options.featureMilestones: an empty list';

const rightArguments: Readonly<Record<string, RightArguments>> = {
  afd: {
    given: { options: () => ({ ...afd.afd.defaults }) },
    takes: [defaults('options'), CONSTANT, UNTIL_PLANNED, BY_NAME],
  },
  afdOffline: {
    given: { options: () => ({ ...afd.afdOffline.defaults }) },
    takes: [defaults('options'), CONSTANT, /Tap: a text$/],
  },
  dml: { given: { options: () => ({ ...afd.dml.defaults }) }, takes: [defaults('options')] },
  featureL1: {
    given: { options: () => ({ ...afd.featureL1.defaults }) },
    takes: [defaults('options'), UNTIL_PLANNED, BY_NAME],
  },
  teacherOf: { given: { network: () => 1, networks: () => 3 } },
  createDiscriminator: { given: { shape: () => [...shape], geometry, random }, whole: ['random'] },
  discriminate: {
    given: {
      map: of(3, ...shape),
      weights: () => ({ ...afd.createDiscriminator(shape, geometry(), stream).weights }),
      geometry,
    },
    takes: [/^map: axis 0/],
  },
  discriminatorGeometry: {
    given: { options: () => ({ ...sizes }), shape: () => [...shape], owner: () => 'x' },
    takes: ['owner: nothing', 'owner: a text'],
  },
  discriminatorLoss: { given: { peer: scores(0.4, 0.6), own: scores(0.1, 0.2) } },
  generatorLoss: { given: { own: scores(0.1, 0.2) }, takes: [anySize('own')] },
  featureDistance: { given: { peer: of(2, 3, 3, 2), own: of(2, 3, 3, 2) } },
  mutualLogits: {
    given: { step, options: () => ({ ...options }) },
    takes: [/^step.(weights|labelWeights): nothing/],
  },
  paperOptimizer: { given: { epochs: () => 200 }, takes: ['epochs: nothing'] },
  reviewDiscriminators: {
    given: { history: () => [{ terms: { 'discriminators/loss1': { value: 1 } } }] },
    whole: ['history.0'],
    takes: ['history: an empty list'],
  },
  createTransfer: {
    given: { from: () => [4, 4, 3], to: () => [2, 2, 5], trained: () => true, random },
    whole: ['random'],
    takes: ['trained: true'],
  },
  transfer: {
    given: {
      map: of(3, 4, 4, 3),
      layer: () => {
        const { pool, weights } = afd.createTransfer([4, 4, 3], [2, 2, 5], true, stream);
        return { pool: [...pool], weights: { ...weights } };
      },
    },
    takes: [/^map: axis 0/, 'layer.weights: nothing'],
  },
};

describeArguments(afd, rightArguments);

it.each<[string, () => unknown, string]>([
  [
    'maps of which several scores come',
    () =>
      afd.discriminate(
        of(3, 5, 5, 4)(),
        afd.createDiscriminator(shape, geometry(), stream).weights,
        geometry(),
      ),
    'discriminate(map): expected maps of the size that the discriminator was made for, got 5×5.',
  ],
  [
    'maps of which a row would be cut off',
    () => afd.transfer(of(2, 5, 4, 3)(), { pool: [2, 2] }),
    'transfer(map): expected maps whose height and width windows of 2×2 divide, got 5×4.',
  ],
  [
    'other channels without a layer that changes them',
    () => afd.createTransfer([4, 4, 3], [4, 4, 5], false, stream),
    'createTransfer(from): expected a map of 5 channels, where no layer is trained that changes them, got 3.',
  ],
  [
    'a cohort of one',
    () => afd.mutualLogits({ ...(step() as object), students: [{ logits: of(4, 3)() }] } as never, options),
    'mutualLogits(step).students: expected a list of at least 2, each entry an object of logits',
  ],
  [
    'a network of another batch',
    () => {
      const students = [{ logits: of(4, 3)() }, { logits: of(1, 3)() }];
      return afd.mutualLogits({ ...(step() as object), students } as never, options);
    },
    'mutualLogits(step).students[1].logits and mutualLogits(step).oneHot: expected equal shapes, got [1, 3] and [4, 3].',
  ],
  [
    'a network that is not there',
    () => afd.teacherOf(3, 3),
    'teacherOf(network): expected a whole number, at least 0 and at most 2, got 3.',
  ],
  [
    'scores of two axes',
    () => afd.discriminatorLoss(of(4, 1)(), of(4, 1)()),
    'discriminatorLoss(peer): expected shape [*], got [4, 1].',
  ],
])('%s: refused', (_, call, message) => {
  expect(call).toThrow(message);
});
