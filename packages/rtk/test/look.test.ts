import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  channelStatistics,
  createRandom,
  distill,
  freeze,
  teacherFrom,
  withInput,
} from '@distilljs/core';
import type { Callback, DistillResult, Method, NamedTensors } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionMatching, attentionOver, createAttentionWeights, rtk, studentQuery } from '../src/index.js';
import type { AttentionOptions, AttentionOver, AttentionOverOptions } from '../src/index.js';
import { layerPair } from '../src/layer-pair.js';

const stages = ['stage1', 'stage2', 'stage3'];
const layerNames = ['stage1_relu', 'stage2_relu', 'stage3_conv'];
const train = tinyDataset(48, 1);

interface Seen {
  readonly over: AttentionOver;
  readonly exhibits: readonly {
    readonly name: string;
    readonly title: string;
    readonly panels: readonly { readonly values: readonly number[][] }[];
  }[];
}

/** Trains for an epoch and looks at the attention after it. */
async function seen(method: Method<AttentionOptions>, batchSize = 12): Promise<Seen> {
  const [teacher, student] = [tinyNetwork(1, { width: 6 }), tinyNetwork(2, { width: 4 })];
  let found: Seen | undefined;
  const look: Callback = {
    name: 'look',
    async epoch(_, run) {
      const weights: NamedTensors = run.snapshot().tensors;
      const over = await attentionOver({
        method,
        weights,
        teacher,
        student,
        dataset: train,
        normalization: channelStatistics(train),
        batchSize,
      });
      found = { over, exhibits: await run.inspect() };
    },
  };
  const result: DistillResult = await distill({
    teacher,
    students: [student],
    method,
    train,
    epochs: 1,
    batchSize: 12,
    seed: 1,
    callbacks: [look],
  });
  result.dispose();
  for (const network of [teacher, student]) network.dispose();
  return found as Seen;
}

const rowSums = (matrix: readonly (readonly number[])[]): number[] =>
  matrix.map((row) => row.reduce((sum, value) => sum + value, 0));
const transposed = (matrix: readonly (readonly number[])[]): number[][] =>
  (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] ?? 0));
const expectAll = (found: readonly number[], value: number): void => {
  for (const each of found) expect(Math.abs(each - value)).toBeLessThan(1e-5);
};

await describeOnEngines('looking at the attention', () => {
  test('of student queries: rows sum to 1, and k teacher keys are kept of each image', async () => {
    const { over, exhibits } = await seen(rtk({ ...studentQuery, width: 8 }));
    expect(over).toMatchObject({ studentMaps: stages, teacherMaps: stages, images: 48 });
    expectAll(rowSums(over.attention), 1);
    expectAll(rowSums(over.kept), 2);
    expect(exhibits.map(({ name }) => name)).toEqual(['attention', 'kept']);
    expect(exhibits[0]?.title).toBe('Mean attention (rows sum to 1)');
    expect(exhibits[0]).toMatchObject({ rows: { labels: stages }, columns: { labels: stages } });
    expectAll(rowSums(exhibits[0]?.panels[0]?.values ?? []), 1);
    expectAll(rowSums(exhibits[1]?.panels[0]?.values ?? []), 2);
  });

  test('of the base method: columns sum to 1, and everything is kept', async () => {
    const { over, exhibits } = await seen(attentionMatching({ width: 8 }));
    expectAll(rowSums(transposed(over.attention)), 1);
    expectAll(over.kept.flat(), 1);
    expect(exhibits.map(({ name }) => name)).toEqual(['attention']);
    expect(exhibits[0]?.title).toBe('Mean attention (columns sum to 1)');
    expectAll(rowSums(transposed(exhibits[0]?.panels[0]?.values ?? [])), 1);
  });

  test('of a gated base method: a dropped teacher map counts nothing', async () => {
    const { over, exhibits } = await seen(attentionMatching({ width: 8, select: 'bestMatch', keep: 1 }));
    expect(exhibits[0]?.title).toBe('Mean attention');
    const share = transposed(over.kept).map((column) => column[0] ?? 0);
    expectAll([share.reduce((sum, value) => sum + value, 0)], 1);
    rowSums(transposed(over.attention)).forEach((sum, teacherMap) => {
      expect(Math.abs(sum - (share[teacherMap] ?? 0))).toBeLessThan(1e-5);
    });
  });
});

test('a last batch of a single image is left out', async () => {
  const { over } = await seen(rtk({ width: 8 }), 47);
  expect(over.images).toBe(47);
});

test('batches of one image are refused', async () => {
  await expect(seen(rtk({ width: 8 }), 1)).rejects.toThrow(
    /attentionOver\.batchSize: expected a whole number, at least 2, got 1/,
  );
});

test("a run's models are looked at as they are, and keep no tensor", async () => {
  const networks = [tinyNetwork(1, { width: 6 }), tinyNetwork(2)] as const;
  const [teacher, student] = [networks[0].model, networks[1].model];
  const [method, normalization] = [rtk({ width: 8 }), channelStatistics(train)];
  // Models have their layers' names for taps.
  const [teacherTaps, studentTaps] = [layerNames, layerNames];
  const pair = layerPair('rtk', method.options, { teacher: networks[0], student: networks[1] });
  const weights = createAttentionWeights(pair.attention, createRandom(1));
  const before = tf.memory().numTensors;
  const shared = { weights, dataset: train, normalization };
  const over = await attentionOver({
    ...shared,
    method: rtk({ width: 8, teacherTaps, studentTaps }),
    teacher,
    student,
  });
  const same = await attentionOver({ ...shared, method, teacher: networks[0], student: networks[1] });
  expect(over.attention).toEqual(same.attention);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(Object.values(weights));
  for (const network of networks) network.dispose();
});

test.each(['teacher', 'student'] as const)('a %s that is no network is refused', async (side) => {
  const network = tinyNetwork(1);
  const networks = { teacher: network, student: network, [side]: {} };
  const normalization = channelStatistics(train);
  await expect(
    attentionOver({ method: rtk(), weights: {}, dataset: train, normalization, ...networks }),
  ).rejects.toThrow(`attentionOver.${side}: expected a network (createNetwork) or a tfjs LayersModel`);
  network.dispose();
});

test('a teacher may answer by promise, and with images of its own', async () => {
  const [inner, student] = [freeze(tinyNetwork(1, { width: 6 })), tinyNetwork(2)];
  const names = [...stages];
  const asked = teacherFrom(
    async ({ values, shape }) => {
      const output = await askTeacher(inner, tf.tensor4d(values, [...shape]), names);
      const taps = await Promise.all(
        names.map(async (name) => [name, await output.tap(name).data()] as const),
      );
      const answer = { logits: await output.logits.data(), taps: Object.fromEntries(taps) };
      output.dispose();
      return answer;
    },
    {
      classes: 3,
      imageShape: [6, 6, 2],
      taps: Object.fromEntries(names.map((name) => [name, inner.tapShape(name)])),
    },
  );
  const [method, normalization] = [rtk({ width: 8 }), channelStatistics(train)];
  const pair = layerPair('rtk', method.options, { teacher: inner, student });
  const weights = createAttentionWeights(pair.attention, createRandom(1));
  const shared = { method, weights, student, dataset: train, normalization };
  const teacherInput = { normalization: { mean: [0.1, 0.2], std: [1, 2] } };
  const attention = async (
    teacher: typeof inner,
    more: Partial<AttentionOverOptions> = {},
  ): Promise<AttentionOver['attention']> => (await attentionOver({ ...shared, teacher, ...more })).attention;
  expect(await attention(asked)).toEqual(await attention(inner));
  const wrapped = withInput(inner, teacherInput, { imageShape: train.imageShape, normalization });
  const own = await attention(inner, { teacherInput });
  expect(own).toEqual(await attention(wrapped));
  expect(own).not.toEqual(await attention(inner));
  tf.dispose(Object.values(weights));
  student.dispose();
});

test('a dataset of one image is refused: the attention normalizes by its batch', async () => {
  const network = tinyNetwork(1);
  const shared = { method: rtk(), weights: {}, teacher: network, student: network };
  const normalization = { mean: [0, 0], std: [1, 1] };
  await expect(attentionOver({ ...shared, dataset: tinyDataset(1, 1), normalization })).rejects.toThrow(
    'attentionOver.dataset.size: expected a whole number, at least 2, got 1',
  );
  network.dispose();
});

test('weights of another width are refused, and nothing is left behind', async () => {
  const [teacher, student] = [tinyNetwork(1), tinyNetwork(2)];
  const frozen = freeze(teacher);
  const before = tf.memory().numTensors;
  await expect(
    attentionOver({
      method: rtk(),
      weights: {},
      teacher: frozen,
      student,
      dataset: train,
      normalization: { mean: [0, 0], std: [1, 1] },
    }),
  ).rejects.toThrow(/attention weight 'query\/kernel': expected a tensor of shape \[20, 128\], got nothing/);
  expect(tf.memory().numTensors).toBe(before);
  for (const network of [frozen, teacher, student]) network.dispose();
});
