import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as core from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caught } from './caught.js';
import { WRONG } from '../src/testing/wrong-values.js';

/*
 * Callers without types hand in anything. Whatever the function, wrong arguments end in an error of ours, or in a value.
 */

/** Whose arguments are functions, names and numbers of a method's own code. */
const FOR_METHODS: ReadonlySet<string> = new Set([
  ...[
    'asFloats',
    'checkOptions',
    'expectKnown',
    'expectOption',
    'expectSameShape',
    'expectShape',
    'expectSeveralImages',
    'expectShapes',
    'expectSizes',
    'nearestNameHint',
    'onOneTape',
    'peek',
  ],
  ...['pixelSums', 'pooledWidth', 'shapeText', 'stagePairs', 'stopGradient', 'taskReads', 'taskTerms'],
  ...['teacherAsRead', 'teacherOutputsFit', 'wholeNumber', 'withTeacher', 'withoutTape'],
]);

let folder = '';
const before = process.cwd();
beforeAll(async () => {
  await core.resolveEngine('cpu');
  // Some of these values are names of files.
  folder = await mkdtemp(join(tmpdir(), 'distilljs-wrong-'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true });
});

describe('whatever it is given, no error of JavaScript comes from', () => {
  const functions = Object.entries(core).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !FOR_METHODS.has(name),
  ) as [string, (...given: unknown[]) => unknown][];

  it.each(functions)('%s', async (_, call) => {
    const raw: string[] = [];
    for (const [what, make] of Object.entries(WRONG)) {
      try {
        await call(...Array.from({ length: Math.max(1, call.length) }, make));
      } catch (error) {
        // A disk refuses in the words of the system, with the path.
        const isSystems = error instanceof Error && 'path' in error;
        if (!core.isDistillError(error) && !isSystems) raw.push(`${what}: ${String(error)}`);
      }
    }
    expect(raw).toEqual([]);
  });
});

describe('refuses with what was meant', () => {
  const model = WRONG['a model'] as () => never;
  const data = core.arrayDataset({
    images: new Uint8Array(8),
    labels: [0, 1],
    imageShape: [2, 2, 1],
    classes: 2,
  });
  const normalization = { mean: [0.5], std: [0.25] };
  it.each<[string, () => unknown, string]>([
    [
      'a seed in place of a stream',
      () => {
        core.seedWeights(model(), 1 as never);
      },
      'seedWeights, random: expected a random stream, got 1. Pass createRandom(1).',
    ],
    [
      'no graph model',
      () => core.freezeGraphModel({} as never),
      'freezeGraphModel: expected a graph model of @tensorflow/tfjs-converter, got {}. Load one: `await loadTeacher(place)`.',
    ],
    [
      'a layers model in place of a graph model',
      () => core.freezeGraphModel(model()),
      'got a layers model. Write `freeze(createNetwork(model))`.',
    ],
    [
      'no model',
      () => core.studentOf(undefined as never),
      'studentOf: expected a tfjs LayersModel, got nothing.',
    ],
    [
      'a batch without normalization',
      () => core.loadBatch(data, [0], {} as never),
      'loadBatch, normalization: expected mean and std per channel, such as channelStatistics(train), got nothing.',
    ],
    [
      'a batch of another normalization',
      () => core.loadBatch(data, [0], { normalization: { mean: [0, 0, 0], std: [1, 1, 1] } }),
      'loadBatch, normalization.mean: expected one finite number per channel (1), got [0, 0, 0].',
    ],
    [
      'a number of images in place of positions',
      () => core.loadBatch(data, 2 as never, { normalization }),
      'loadBatch, positions: expected a list of positions, got 2.',
    ],
    [
      'a batch drawn by a seed',
      () => core.loadBatch(data, [0], { normalization, augmentation: core.CIFAR_AUGMENTATION }, 7 as never),
      'loadBatch, random: expected a random stream, got 7. Pass createRandom(7).',
    ],
    [
      'a path in place of bytes',
      () => core.readSafetensors('model.safetensors' as never, 'weights'),
      'weights: expected the bytes of a file, got "model.safetensors". Read the file first, for instance `new Uint8Array(await readFile(path))`.',
    ],
    [
      'options that are null',
      () => core.loadModel('there', null as never),
      'loadModel: expected an object of options, got null.',
    ],
    [
      'a number in place of a layer’s name',
      () => core.createNetwork(model(), { taps: { embedding: 5 as never } }),
      "tap 'embedding': expected the name of a layer, got",
    ],
    [
      'a name that is none',
      () => core.createNetwork(model(), { name: {} as never }),
      'createNetwork.name: expected a non-empty string, got {}.',
    ],
    [
      'names of classes in one text',
      () => core.loadTeacher('there', { classNames: 'abc' as never }),
      'loadTeacher.classNames: expected a list, each entry a non-empty string, got "abc".',
    ],
    [
      'an unknown field of teacherInput, without a teacher too',
      () =>
        core.distill({
          ...{ students: [model()], method: core.student(), train: data, epochs: 1, batchSize: 2, seed: 1 },
          teacherInput: { imagesize: 32 } as never,
        }),
      "teacherInput: expected a known option, got 'imagesize'. Did you mean 'imageSize'?",
    ],
    [
      'a timeout that is no number of seconds',
      () => core.loadModel('there', { timeout: '30' as never }),
      'timeout: expected a number above 0, got "30".',
    ],
    [
      'metadata of no normalization',
      () => core.metadataOf(data, undefined as never),
      'metadataOf, normalization: expected mean and std per channel',
    ],
    [
      'metadata that could not be read again',
      () => {
        core.setModelMetadata(model(), { version: 1 } as never);
      },
      'userDefinedMetadata.distilljs.imageSize: expected [height, width, channels], got nothing.',
    ],
    [
      'a raster of another size',
      () =>
        core.fitImage(
          { width: 4, height: 4, channels: 3, data: new Uint8Array(5) },
          { height: 2, width: 2, channels: 3, resize: 'crop' },
        ),
      'expected a raster { width, height, channels, data } with one byte per value, got 5 bytes for 4×4×3.',
    ],
  ])('%s', async (_, call, message) => {
    expect((await caught(call)).message).toContain(message);
  });
});

describe('a loss does not stretch its arguments over each other:', () => {
  const rows = (count: number, width = 3): tf.Tensor2D => tf.ones([count, width]);
  const maps = (count: number): tf.Tensor4D => tf.ones([count, 2, 2, 3]);
  const column = (): never => tf.ones([4, 1]) as never;
  it.each<[string, () => unknown, string]>([
    [
      'weights as a column',
      () => core.crossEntropy(rows(4), rows(4), column()),
      'weights: expected shape [4], got [4, 1].',
    ],
    [
      'weights of other images',
      () => core.hintonKd(rows(4), rows(4), 4, tf.ones([1])),
      'weights: expected shape [4], got [1].',
    ],
    [
      'one image for all',
      () => core.attentionTransfer(maps(1), maps(4)),
      'attentionTransfer(student): expected shape [1, *, *, *], got [4, 2, 2, 3].',
    ],
    [
      'relations of other images',
      () => core.relationalDistance(rows(1), rows(4)),
      'relationalDistance(student): expected shape [1, *], got [4, 3].',
    ],
    [
      'angles of other images',
      () => core.relationalAngle(rows(1), rows(4)),
      'relationalAngle(student): expected shape [1, *]',
    ],
    [
      'transfer of other images',
      () => core.probabilisticTransfer(rows(1), rows(4)),
      'probabilisticTransfer(student): expected shape [1, *]',
    ],
    [
      'similarities of other images',
      () => core.similarityPreserving(maps(1), rows(4)),
      'similarityPreserving(student): expected shape [1, *]',
    ],
    [
      'smoothed labels of one image',
      () => core.labelSmoothingCrossEntropy(rows(1), rows(4), 0.1),
      'expected equal shapes, got [1, 3] and [4, 3].',
    ],
    [
      'a smoothing of all',
      () => core.labelSmoothingCrossEntropy(rows(4), rows(4), 1),
      'labelSmoothingCrossEntropy(smoothing): expected a number of at least 0 and below 1, got 1.',
    ],
    [
      'a vector of logits',
      () => core.hintonKd(tf.ones([3]) as never, tf.ones([3]) as never, 1),
      'hintonKd(student): expected shape [*, *], got [3].',
    ],
  ])('%s', async (_, call, message) => {
    expect((await caught(call)).message).toContain(message);
  });
});
