import { createNetwork, resolveEngine } from '@distilljs/core';
import type { Network, NetworkShape } from '@distilljs/core';
import { tinyNetwork } from '@distilljs/core/testing';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, expect, test } from 'vitest';
import { blockTaps, tapPreset, tapPresetNames } from '../src/index.js';
import { attentionCost } from '../src/attention-cost.js';
import { layerPair } from '../src/layer-pair.js';
import { baseDefaults, rtkDefaults, studentQuery } from '../src/options.js';
import type { AttentionOptions } from '../src/options.js';
import { golden } from './golden.js';
import { shapeOf } from './planned.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const tables = {
  'wrn-40-2': golden.layerTables.wrn40x2,
  'wrn-28-2': golden.layerTables.wrn28x2,
  'wrn-16-2': golden.layerTables.wrn16x2,
  resnet20: golden.layerTables.resnet20,
  resnet56: golden.layerTables.resnet56,
  resnet110: golden.layerTables.resnet110,
};
type TableName = keyof typeof tables;

/** A network of the layer tables: its preset's taps with the table's shapes. */
const tabled = (name: TableName): NetworkShape =>
  shapeOf(
    name,
    Object.fromEntries(tapPreset(name).map((tap, place) => [tap, tables[name].HWC[place] ?? []])),
  );

const pair = (
  teacher: TableName,
  student: TableName,
  options: Partial<AttentionOptions> = {},
): ReturnType<typeof layerPair> =>
  layerPair(
    'rtk',
    { ...rtkDefaults, ...studentQuery, ...options },
    { teacher: tabled(teacher), student: tabled(student) },
  );

/** Block outputs of a network with so many blocks in each of three stages. */
const blocksOf = (perStage: number): string[] =>
  [1, 2, 3].flatMap((stage) =>
    Array.from({ length: perStage }, (_, block) => `stage${stage}_block${block + 1}_output`),
  );

test.each(Object.keys(tables) as TableName[])('%s has the maps that the base method takes', (name) => {
  const { featCount, use } = tables[name];
  // The list of features is the stem, the blocks, the pooled vector.
  const features = ['stem', ...blocksOf((featCount - 2) / 3), 'pooled'];
  expect(tapPreset(name)).toEqual(use.map((index) => features[index]));
});

test.each([
  [10, 2, 'stage1_block2_output'],
  [11, 2, 'stage1_block1_output'],
  [20, 3, 'stage1_block3_output'],
])('of three stages of %d blocks auto takes every %d-th, the last included', (perStage, every, first) => {
  const taps = blockTaps('here', { name: 'deep', tapNames: blocksOf(perStage) });
  expect(taps).toHaveLength(Math.ceil((3 * perStage) / every));
  expect([taps[0], taps.at(-1)]).toEqual([first, `stage3_block${perStage}_output`]);
});

test('the networks of ImageNet have four stages', () => {
  expect(tapPreset('resnet18')).toHaveLength(8);
  expect(tapPreset('resnet34')).toHaveLength(16);
  expect(tapPreset('resnet34').at(-1)).toBe('stage4_block3_output');
});

test.each(tapPresetNames)('auto is the preset for a network with the layers of %s', (name) => {
  const all = Array.from({ length: 5 }, (_, stage) =>
    Array.from({ length: 18 }, (__, block) => `stage${stage + 1}_block${block + 1}_output`),
  );
  const last = tapPreset(name).reduce<Record<string, number>>((blocks, tap) => {
    const [, stage = '', block = ''] = /^stage(\d)_block(\d+)/.exec(tap) ?? [];
    return { ...blocks, [stage]: Number(block) };
  }, {});
  const present = all.flatMap((stage, index) => stage.slice(0, last[String(index + 1)] ?? 0));
  expect(blockTaps('here', { name, tapNames: ['stage1', 'stem_output', ...present, 'logits'] })).toEqual(
    tapPreset(name),
  );
});

test('auto takes the stages where there are no blocks', () => {
  const network = tinyNetwork(1);
  expect(blockTaps('here', network)).toEqual(['stage1', 'stage2', 'stage3']);
  network.dispose();
  const ten = Array.from({ length: 10 }, (_, stage) => `stage${stage + 1}`);
  expect(blockTaps('here', { name: 'ten', tapNames: [...ten].reverse() })).toEqual(ten);
});

test('auto says what it looked for where it finds nothing', () => {
  expect(() => blockTaps('rtk.teacherTaps', { name: 'mine', tapNames: ['conv1', 'logits'] })).toThrow(
    /rtk\.teacherTaps: network 'mine': expected layers named .*stage1_block1_output.*, got none.*teacher\.taps in a configuration.*conv1, logits/s,
  );
});

test('a preset that does not exist is refused', () => {
  expect(() => tapPreset('resnet21' as 'resnet20')).toThrow(
    /tapPreset: expected one of .*Did you mean 'resnet20'\?/,
  );
});

test.each(Object.entries(golden.layerTables.afdTrainableParams_qk128))(
  'the attention of %s has the parameters of the base method',
  (networks, expected) => {
    const [teacher = '', student = ''] = networks
      .replaceAll('wrn', 'wrn-')
      .replaceAll('x', '-')

      .split('->');
    const settled = pair(teacher.trim() as TableName, student.trim() as TableName, baseDefaults);
    expect(attentionCost(settled).trainParameters).toBe(expected);
  },
);

test('counts multiply–accumulates by hand for a small pair', () => {
  const teacher = shapeOf('t', { a: [4, 4, 3], b: [2, 2, 5] });
  const student = shapeOf('s', { a: [4, 4, 2] });
  const settled = layerPair(
    'rtk',
    { ...rtkDefaults, ...studentQuery, width: 8, teacherTaps: ['a', 'b'], studentTaps: ['a'] },
    { teacher, student },
  );
  const linear = (3 + 5 + 2) * 8;
  const bilinear = 2 * 8 * (1 * 8);
  const energies = 48 + 20 + 32;
  // b to 4×4: 2 rows of 2 to 4, then 4 columns of 2 to 4; two comparisons of 16 pixels.
  const comparisons = 2 * 2 * 4 + 2 * 4 * 4 + 2 * 16;
  expect(attentionCost(settled).trainMacs).toBe(linear + bilinear + 2 * 8 + energies + comparisons);
});

test('keeps one key per share of the teacher, and two at least', () => {
  expect(pair('wrn-40-2', 'wrn-16-2').matching.keep).toBe(3);
  expect(pair('resnet56', 'resnet20').matching.keep).toBe(3);
  expect(pair('resnet110', 'resnet20').matching.keep).toBe(3);
  expect(pair('wrn-28-2', 'wrn-16-2').matching.keep).toBe(2);
  expect(pair('resnet20', 'resnet20').matching.keep).toBe(2);
  expect(pair('resnet20', 'resnet20', { select: 'bestMatch' }).matching.keep).toBe(5);
});

test('more keys than there are cannot be kept', () => {
  expect(() => pair('resnet20', 'resnet20', { keep: 10 })).toThrow(
    /rtk\.keep: expected at most 9, the number of keys, got 10/,
  );
  expect(pair('resnet20', 'resnet20', { keep: 10, select: 'none' }).matching.rule).toBe('none');
});

test('stages are runs of equally shaped teacher maps', () => {
  expect(pair('wrn-16-2', 'wrn-16-2').matching.runs).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});

test('a tap that is no feature map, or comes twice, is refused', () => {
  const network: Network = tinyNetwork(1);
  const settle = (studentTaps: readonly string[]): unknown =>
    layerPair(
      'rtk',
      { ...rtkDefaults, ...studentQuery, studentTaps },
      { teacher: network, student: network },
    );
  expect(() => settle(['stage1', 'embedding'])).toThrow(
    /rtk\.studentTaps: tap 'embedding' of network .*: expected a feature map .*, got \[\*, 8\]/,
  );
  expect(() => settle(['stage1', 'stage1_relu'])).toThrow(
    /expected at least one tap, each feature map once, got 'stage1_relu' again/,
  );
  expect(() => settle([])).toThrow(
    /rtk\.studentTaps: expected at least one tap, each feature map once, got none/,
  );
  network.dispose();
});

test('a map of no fixed size is refused', () => {
  const images = layers.input({ shape: [null, null, 3] });
  const map = layers.layers
    .conv2d({ filters: 4, kernelSize: 3, activation: 'relu', name: 'map' })
    .apply(images);
  const pooled = layers.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(map);
  const logits = layers.layers.dense({ units: 3 }).apply(pooled) as layers.SymbolicTensor;
  const network = createNetwork(layers.model({ inputs: images, outputs: logits }));
  expect(() =>
    layerPair(
      'rtk',
      { ...rtkDefaults, ...studentQuery, teacherTaps: ['map'], studentTaps: ['map'] },
      { teacher: network, student: network },
    ),
  ).toThrow(/rtk\.teacherTaps: tap 'map'.*of a fixed size/);
  network.dispose();
});
