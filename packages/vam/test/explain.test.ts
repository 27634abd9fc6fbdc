import { createRandom, resolveEngine } from '@distilljs/core';
import { describeOnEngines, tinyNetwork } from '@distilljs/core/testing';
import {
  attentionFlow,
  attentionStatistics,
  classSimilarity,
  explain,
  explainVam,
  neuralTree,
  subtaskConflict,
  vamLayers,
  withVam,
} from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { fixtureExperts } from './fixture-experts.js';
import { expectClose, golden, tensor } from './golden.js';

const { G8_tiny_hme: g8, G13_explain: g13 } = golden;
const logarithms = (rows: readonly (readonly number[])[]): number[][] => rows.map((row) => row.map(Math.log));

describe('explanations of attention', () => {
  const [third, classes] = [logarithms(g13.A3), logarithms(g13.AC)];

  it('have the expected entropies and edges', () => {
    // A logarithm and back takes 0.2 to a hair below it.
    const view = { threshold: 0.2 - 1e-9 };
    const [a3, ac] = [attentionStatistics('3', third, view), attentionStatistics('C', classes, view)];
    expectClose(a3.attention, g13.A3);
    expectClose(a3.entropy.perChild, g13.H3);
    expectClose(ac.entropy.perChild, g13.HC);
    expect(a3.entropy.mean).toBeCloseTo(g13.H3_mean, 6);
    expect(ac.entropy.normalized).toBeCloseTo(g13.HC_mean_normalised, 6);
    expect(a3.edges).toBe(g13['edges_at_threshold_0.2'].A3);
    expect(ac.edges).toBe(g13['edges_at_threshold_0.2'].AC);
    expect(a3.entropy.histogram.reduce((sum, count) => sum + count)).toBe(3);
    // Normalized entropies 0.881, 0.469 and 1.
    expect(a3.entropy.histogram).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
  });

  it('are 0 where there is one parent, and sharper when colder', () => {
    expect(attentionStatistics('one', [[3]]).entropy).toMatchObject({ mean: 0, normalized: 0 });
    const mean = (temperature: number): number =>
      attentionStatistics('', classes, { temperature }).entropy.mean;
    expect(mean(0.5)).toBeLessThan(mean(1));
  });

  it('have the expected tree, flow and similarity', () => {
    const tree = neuralTree([third, classes]);
    expect(tree.parents).toEqual([g13.tree.parent_of_level3, g13.tree.parent_of_class]);
    expect(
      Object.fromEntries(tree.groups.map(({ chain, classes: members }) => [chain.join('<-'), members])),
    ).toEqual(g13.tree.groups);
    expectClose(attentionFlow([g13.A3, g13.AC]), g13.flow_to_level2);
    const similarity = classSimilarity(g13.AC);
    expectClose(similarity.jensenShannon, g13.class_JS_nats);
    expectClose(similarity.cosine, g13.class_cosine);
  });
});

it.each<[string, () => unknown, RegExp]>([
  [
    'temperature 0',
    () => attentionStatistics('', [[1, 2]], { temperature: 0 }),
    /temperature: expected a number above 0/,
  ],
  ['a threshold above 1', () => attentionStatistics('', [[1, 2]], { threshold: 2 }), /threshold: expected/],
  ['no levels', () => attentionFlow([]), /attentionFlow\(levels\): expected attention of at least one level/],
])('explanations refuse %s', (_what, call, message) => {
  expect(call).toThrow(message);
});

await describeOnEngines('conflict between subtasks', () => {
  it('has the expected cosines', async () => {
    const network = fixtureExperts('binary');
    const before = tf.memory().numTensors;
    const images = tensor<tf.Tensor4D>(g8.x);
    const labels = tf.tensor1d(g8.labels, 'int32');
    const teacher = tensor<tf.Tensor2D>(g8.teacher);
    const found = await subtaskConflict(network, { images, labels, teacher });
    const expected = g13.gradient_conflict_on_G8_trunk;
    for (const kind of ['hard', 'kd'] as const) {
      expectClose(found[kind]?.cosines ?? [], expected[kind].cosines, kind);
      expect(found[kind]?.mean).toBeCloseTo(expected[kind].mean_offdiag, 4);
      expect(found[kind]?.negativeShare).toBeCloseTo(expected[kind].conflict_rate, 12);
    }
    expect(found['label-smoothing']?.cosines).toHaveLength(3);
    expect(Object.keys(await subtaskConflict(network, { images, labels }))).toEqual([
      'hard',
      'label-smoothing',
    ]);
    await expect(subtaskConflict(network, { images, labels, over: 'trnk' })).rejects.toThrow(
      /begin with trunk, level2/,
    );
    const narrow = tf.zeros<tf.Rank.R2>([2, 2]);
    await expect(subtaskConflict(network, { images, labels, teacher: narrow })).rejects.toThrow(
      /subtaskConflict\(teacher\)/,
    );
    tf.dispose([images, labels, teacher, narrow]);
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });
});

it('explanations of networks refuse options that do not exist or are out of range', async () => {
  await resolveEngine('cpu');
  const network = fixtureExperts('binary');
  const images = tensor<tf.Tensor4D>(g8.x);
  const labels = tf.tensor1d(g8.labels, 'int32');
  await expect(explain(network, { temperature: 0 })).rejects.toThrow(/explain\.temperature: expected/);
  await expect(explain(network, { treshold: 0.1 } as object)).rejects.toThrow(/Did you mean 'threshold'/);
  await expect(explainVam(network, { temperature: -1 } as object)).rejects.toThrow(/explainVam\.temperature/);
  for (const [given, message] of [
    [{ temperature: 0 }, /subtaskConflict\.temperature: expected a number from 0.01 to 1000/],
    [{ smoothing: 1 }, /subtaskConflict\.smoothing: expected a number from 0 to 0.99/],
    [{ ovre: 'trunk' }, /Did you mean 'over'/],
  ] as const)
    await expect(subtaskConflict(network, { images, labels, ...given })).rejects.toThrow(message);
  tf.dispose([images, labels]);
  network.dispose();
});

it('conflict uses the given temperature and smoothing', async () => {
  await resolveEngine('cpu');
  const network = fixtureExperts('binary');
  const images = tensor<tf.Tensor4D>(g8.x);
  const labels = tf.tensor1d(g8.labels, 'int32');
  const teacher = tensor<tf.Tensor2D>(g8.teacher);
  const look = (given: object): ReturnType<typeof subtaskConflict> =>
    subtaskConflict(network, { images, labels, teacher, ...given });
  const [usual, cold, unsmoothed] = [
    await look({}),
    await look({ temperature: 1 }),
    await look({ smoothing: 0 }),
  ];
  expect(cold.kd?.mean).not.toBeCloseTo(usual.kd?.mean ?? NaN, 3);
  expect(cold.hard).toEqual(usual.hard);
  expect(unsmoothed['label-smoothing']?.mean).not.toBeCloseTo(usual['label-smoothing']?.mean ?? NaN, 3);
  expect(unsmoothed['label-smoothing']).toEqual(usual.hard);
  tf.dispose([images, labels, teacher]);
  network.dispose();
});

it('explain() returns everything as plain data', async () => {
  await resolveEngine('cpu');
  const network = fixtureExperts('binary');
  const images = tensor<tf.Tensor4D>(g8.x);
  const labels = tf.tensor1d(g8.labels, 'int32');
  const found = await explain(network, { batch: { images, labels }, temperature: g8.tau });
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  expect(found.levels.map(({ name }) => name)).toEqual(['attention3', 'attention_classes']);
  expect(found.entropy).toBeCloseTo(g8.binary.entropy_mean, 5);
  expectClose(found.levels[1]?.attention ?? [], g8.AC);
  expect(found.tree.groups.flatMap(({ classes }) => classes).sort()).toEqual([0, 1, 2]);
  expect(found.flow).toHaveLength(3);
  expect(Object.keys(found.conflict ?? {})).toEqual(['hard', 'label-smoothing']);
  expect((await explain(network)).conflict).toBeUndefined();
  tf.dispose([images, labels]);
  network.dispose();
});

it('explainVam() returns the attention of a student’s layers, and explain() requires experts', async () => {
  await resolveEngine('cpu');
  const plain = tinyNetwork(createRandom(1).integer(9));
  await expect(explain(plain)).rejects.toThrow(/expected a hierarchical mixture of experts/);
  const model = withVam(plain.model, { blockSize: 2 });
  const found = await explainVam({ model });
  expect(found.map(({ name, attention, temperature }) => [name, attention.length, temperature])).toEqual([
    ['stage1_conv', 2, 1],
    ['stage2_conv', 4, 1],
  ]);
  const [first] = vamLayers(model);
  first?.layer.rho.assign(tf.tensor1d([Math.log(0.25)]));
  const [colder, same] = await explainVam({ model });
  expect(colder?.temperature).toBeCloseTo(0.25, 6);
  expectClose(colder?.attention ?? [], first?.layer.attention().arraySync() ?? NaN);
  expect(colder?.entropy.mean).toBeLessThan(found[0]?.entropy.mean ?? 0);
  expect(same).toEqual(found[1]);
  model.dispose();
  plain.dispose();
});
