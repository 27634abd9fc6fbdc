import * as cckd from '@distilljs/cckd';
import { createRandom, resolveEngine } from '@distilljs/core';
import { anySize, defaults, describeArguments } from '@distilljs/core/testing';
import type { RightArguments } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const random = (): unknown => createRandom(1);
/** Numbers that are no whole ones. */
const of =
  (...shape: readonly number[]): (() => never) =>
  () => {
    const size = tf.util.sizeFromShape([...shape]);
    return tf.tensor(Array.from({ length: size }, (_, at) => Math.sin(at + 1) + 1.5), [...shape]) as never; // prettier-ignore
  };
const rows = (): number[][] => [[1, 2], [2, 1], [0, 1], [3, 1]]; // prettier-ignore
const labels = (): number[] => [0, 0, 1, 1];
const pairs = (): object => ({ genuine: [0.9, 0.8], impostor: [0.1, 0.2] });
const features = of(4, 3);
const people = { queryIds: [0, 1, 0, 1], galleryIds: [0, 1, 1, 0], queryCameras: [0, 0, 0, 0], galleryCameras: [1, 1, 1, 1], ranks: 2 }; // prettier-ignore

/** Whatever tells one identity from another. */
const NAMES = /(labels|identities|Ids|Cameras)\.0: (a text|no text|minus one and a half)$/;
/** Embeddings, scores and distances may be any number. */
const NUMBERS = /\.(genuine|impostor|0)(\.0)?: (floats|bytes|minus one and a half|Infinity)$/;
/** Nothing is asked for, and nothing is the answer. */
const NONE = /: an empty list$/;

const rightArguments: Readonly<Record<string, RightArguments>> = {
  pooledEmbedding: {
    given: { where: () => 'tap', output: of(4, 2, 2, 3) },
    takes: [/^where/, anySize('output')],
  },
  unitRows: { given: { rows: features }, takes: [anySize('rows')] },
  cckd: {
    given: { options: () => ({ ...cckd.cckd.defaults }) },
    takes: [defaults('options'), 'options.normalize: true', /Tap: a text$/],
  },
  bestThreshold: { given: { scores: pairs }, takes: [NUMBERS] },
  classCosines: { given: { embeddings: rows, labels }, takes: [NAMES, NUMBERS] },
  identification: {
    given: {
      options: () => ({ probes: rows(), mates: rows(), distractors: rows(), counts: [2, 4], pairs: [[0, 1], [1, 0]] }), // prettier-ignore
    },
    takes: [NUMBERS, NONE, 'options.pairs: nothing'],
  },
  kFoldAccuracy: {
    given: { scores: () => [0.9, 0.1, 0.8, 0.2], same: () => [true, false, true, false], folds: () => 2 },
    takes: [NUMBERS, 'same.0: true'],
  },
  matePairs: { given: { identities: labels }, takes: [NAMES, NONE, /^identities: (floats|bytes)$/] },
  pairScores: { given: { embeddings: rows, labels }, takes: [NAMES, NUMBERS] },
  recallAt: {
    given: { options: () => ({ embeddings: rows(), labels: labels(), ks: [1, 2], singletons: 'exclude' }) },
    takes: [NAMES, NUMBERS, NONE, 'options.singletons: nothing'],
  },
  reid: {
    given: { options: () => ({ queries: rows(), gallery: rows(), ...structuredClone(people) }) },
    takes: [NAMES, NUMBERS, 'options.ranks: nothing'],
  },
  reidFromDistances: {
    given: { options: () => ({ distances: rows().map(() => [1, 2, 3, 4]), ...structuredClone(people) }) },
    takes: [NAMES, NUMBERS, 'options.ranks: nothing'],
  },
  tarAtFar: {
    given: { scores: pairs, fars: () => [0.1, 0.5] },
    takes: [NUMBERS, NONE, /^fars: (floats|bytes)$/],
  },
  applyStudentHead: {
    given: { embedding: features, head: () => ({ ...cckd.createStudentHead(3, 2, createRandom(1)) }) },
    takes: [/^embedding: axis 0/, 'embedding: a matrix'],
  },
  createFrozenProjection: { given: { inputWidth: () => 4, width: () => 2, random }, whole: ['random'] },
  createStudentHead: { given: { inputWidth: () => 4, width: () => 2, random }, whole: ['random'] },
  bilinear: { given: { features }, takes: [anySize('features')] },
  correlationMatrix: {
    given: { features, options: () => ({ kernel: 'rbf-taylor', gamma: 0.4, order: 2, normalize: true }) },
    takes: [anySize('features'), 'options.normalize: true'],
  },
  gaussianRbf: { given: { features, gamma: () => 0.4 }, takes: [anySize('features')] },
  mmdEuclid: { given: { features }, takes: [anySize('features')] },
  mmdMean: { given: { features }, takes: [anySize('features')] },
  taylorRbf: { given: { features, gamma: () => 0.4, order: () => 2 }, takes: [anySize('features')] },
  correlationCongruence: { given: { teacher: of(4, 4), student: of(4, 4), reduction: () => 'mean' } },
  mimic: { given: { teacher: features, student: features, weights: of(4) }, takes: ['weights: nothing'] },
  reverseKd: {
    given: { teacherLogits: features, studentLogits: features, temperature: () => 4, weights: of(4) },
    takes: ['weights: nothing'],
  },
  classUniformSampler: {
    given: { options: () => ({ labels: labels(), batchSize: 4, perClass: 2, random: createRandom(1) }) },
    whole: ['options.random'],
    takes: ['options.random: nothing'],
  },
  superclassUniformSampler: {
    given: {
      options: () => ({ superclasses: labels(), batchSize: 4, perClass: 2, random: createRandom(1) }),
    },
    whole: ['options.random'],
    takes: ['options.random: nothing'],
  },
  clusterSuperclasses: {
    given: {
      features: rows,
      options: () => ({ clusters: 2, random: createRandom(1), normalize: false, maxRounds: 5 }),
    },
    whole: ['options.random'],
    takes: [NUMBERS, /(normalize|maxRounds): nothing$/, 'options.normalize: true'],
  },
};

describeArguments(cckd, rightArguments);

it.each<[string, () => unknown, string]>([
  [
    'another kernel',
    () =>
      cckd.correlationMatrix(features(), { kernel: 'rbf' as never, gamma: 0.4, order: 2, normalize: true }),
    'correlationMatrix(options).kernel: expected one of "rbf-taylor", "rbf-exact", "bilinear", "mmd-mean", "mmd-euclid", got "rbf".',
  ],
  [
    'another reduction',
    () => cckd.correlationCongruence(of(4, 4)(), of(4, 4)(), 'average' as never),
    'correlationCongruence(reduction): expected one of "mean", "sum", got "average".',
  ],
  [
    'a temperature of 0',
    () => cckd.reverseKd(features(), features(), 0),
    'reverseKd(temperature): expected a number from 0.01 to 1000, got 0.',
  ],
  [
    'images without a class',
    () => cckd.classUniformSampler({ labels: [0, 0, -1, 1, 1], batchSize: 4, perClass: 2 }),
    'classUniformSampler(labels): expected a list, each entry a whole number, at least 0, got -1 at place 2.',
  ],
  [
    'answers that are numbers',
    () => cckd.kFoldAccuracy([0.9, 0.1, 0.8, 0.2], [1, 0, 1, 0] as never, 2),
    'kFoldAccuracy(same): expected a list, each entry true or false, got 1 at place 0.',
  ],
  [
    'no cameras where cameras are meant',
    () =>
      cckd.reid({
        queries: [[1]],
        gallery: [[1]],
        queryIds: [0],
        galleryIds: [0],
        queryCameras: null as never,
        galleryCameras: null as never,
      }),
    'reid(queryCameras): expected one value per row, 1, got nothing.',
  ],
  [
    'an embedding with a gap',
    () =>
      cckd.classCosines(
        [
          [1, 2],
          [null as never, 1],
        ],
        [0, 1],
      ),
    'classCosines(embeddings)[1]: expected a list, each entry a number, got null at place 0.',
  ],
  [
    'a label that is no number',
    () => cckd.pairScores([[1], [2]], [NaN, 1]),
    'pairScores(labels): expected a list, each entry a label, got NaN at place 0.',
  ],
])('%s: refused', (_, call, message) => {
  expect(call).toThrow(message);
});
