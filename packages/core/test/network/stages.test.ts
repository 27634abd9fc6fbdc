import {
  createNetwork,
  embeddingTap,
  freeze,
  resolveEngine,
  stageTaps,
  tapsHint,
  teacherFrom,
} from '@distilljs/core';
import type { NetworkNode } from '@distilljs/core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';
import { stageEnds } from '../../src/network/stages.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const apply = (layer: object, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
  (layer as { apply(x: unknown): SymbolicTensor }).apply(x);

/** As keras-applications builds MobileNetV2: padded depthwise convolutions of stride 2, linear bottlenecks, shortcuts. */
function mobilenetLike(): LayersModel {
  const images = input({ shape: [33, 33, 3], name: 'images' });
  const conv = (x: SymbolicTensor, name: string, filters: number, size = 1, strides = 1): SymbolicTensor =>
    apply(layers.conv2d({ name, filters, kernelSize: size, strides, padding: 'same', useBias: false }), x);
  const activated = (x: SymbolicTensor, name: string): SymbolicTensor =>
    apply(
      layers.reLU({ name: `${name}_relu`, maxValue: 6 }),
      apply(layers.batchNormalization({ name: `${name}_BN` }), x),
    );
  const block = (x: SymbolicTensor, name: string, filters: number, strides: number): SymbolicTensor => {
    const wide = activated(conv(x, `${name}_expand`, 12), `${name}_expand`);
    const padded =
      strides === 1
        ? wide
        : apply(
            layers.zeroPadding2d({
              name: `${name}_pad`,
              padding: [
                [0, 1],
                [0, 1],
              ],
            }),
            wide,
          );
    const padding = strides === 1 ? 'same' : 'valid';
    const deep = apply(
      layers.depthwiseConv2d({ name: `${name}_depthwise`, kernelSize: 3, strides, padding }),
      padded,
    );
    const narrow = apply(
      layers.batchNormalization({ name: `${name}_project_BN` }),
      conv(activated(deep, `${name}_depthwise`), `${name}_project`, filters),
    );
    return strides === 1 ? apply(layers.add({ name: `${name}_add` }), [x, narrow]) : narrow;
  };
  const scaled = apply(layers.activation({ name: 'rescale', activation: 'linear' }), images);
  let x = activated(conv(scaled, 'Conv1', 4, 3, 2), 'Conv1');
  x = block(block(x, 'block_1', 6, 2), 'block_2', 6, 1);
  x = block(block(x, 'block_3', 8, 2), 'block_4', 8, 1);
  x = activated(conv(x, 'Conv_1', 16), 'out');
  x = apply(layers.globalAveragePooling2d({ name: 'pool' }), x);
  x = apply(layers.dropout({ name: 'drop', rate: 0.2 }), x);
  return model({ inputs: images, outputs: apply(layers.dense({ name: 'logits', units: 5 }), x) });
}

it('of a MobileNetV2 of keras are the activations before each halving, and no padded map', () => {
  const network = createNetwork(mobilenetLike());
  expect(stageTaps(network)).toEqual(['block_1_expand_relu', 'block_3_expand_relu', 'out_relu']);
  expect(stageTaps(network).map(network.tapShape)).toEqual([
    [17, 17, 12],
    [8, 8, 12],
    [4, 4, 16],
  ]);
  // Frozen it is the same network.
  expect(stageTaps(freeze(network))).toEqual(stageTaps(network));
  expect(embeddingTap(network)).toBe('drop');
});

it('of a residual network are the ends of blocks, though the next block begins at the same size', () => {
  const images = input({ shape: [8, 8, 3] });
  const conv = (x: SymbolicTensor, name: string, strides = 1): SymbolicTensor =>
    apply(
      layers.conv2d({ name, filters: 4, kernelSize: 3, strides, padding: 'same', activation: 'relu' }),
      x,
    );
  const first = apply(layers.add({ name: 'first_end' }), [
    conv(images, 'stem'),
    conv(conv(images, 'a'), 'b'),
  ]);
  // The convolution before the one that halves keeps the size, and the shortcut goes past it.
  const inner = conv(conv(first, 'second_inner'), 'second_half', 2);
  const second = apply(layers.add({ name: 'second_end' }), [conv(first, 'shortcut', 2), inner]);
  const logits = apply(
    layers.dense({ units: 2 }),
    apply(layers.globalAveragePooling2d({ name: 'pool' }), second),
  );
  const network = createNetwork(model({ inputs: images, outputs: logits }));
  expect(stageTaps(network)).toEqual(['first_end', 'second_end']);
  expect(embeddingTap(network)).toBe('pool');
});

it('of a plain sequence are the last layers before each pooling; names of stages count where there are any', () => {
  const plain = (): LayersModel =>
    sequential({
      layers: [
        layers.conv2d({ name: 'one', inputShape: [8, 8, 1], filters: 2, kernelSize: 3, padding: 'same' }),
        layers.activation({ name: 'one_relu', activation: 'relu' }),
        layers.dropout({ name: 'dropped', rate: 0.5 }),
        layers.maxPooling2d({ name: 'halved', poolSize: 2 }),
        layers.conv2d({ name: 'two', filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
        layers.globalMaxPooling2d({}),
        layers.dense({ units: 2 }),
      ],
    });
  expect(stageTaps(createNetwork(plain()))).toEqual(['one_relu', 'two']);
  const taps = { stage2: 'two', stage1: 'one', embedding: 'two' };
  const named = createNetwork(plain(), { taps });
  expect(stageTaps(named)).toEqual(['stage1', 'stage2']);
  expect(embeddingTap(named)).toBe('embedding');
});

it('of a teacher that declares its taps are the declared maps, the largest first', () => {
  const teacher = (taps: Readonly<Record<string, readonly number[]>>): ReturnType<typeof teacherFrom> =>
    teacherFrom(() => [[0, 0]], { classes: 2, imageShape: [8, 8, 3], taps });
  const maps = { late: [2, 2, 8], early: [4, 4, 4], vector: [8] };
  expect(stageTaps(teacher(maps))).toEqual(['early', 'late']);
  expect(stageTaps(teacher({}))).toEqual([]);
  expect(tapsHint(teacher({}), 'teacher')).toMatch(/by teacher\.taps in a configuration.*declares no taps/);
  expect(tapsHint(createNetwork(mobilenetLike()), 'student')).toMatch(
    /student\.taps.*out_relu, and \d+ before/,
  );
});

it('of a network whose branches never meet again at a size are the last maps of each size', () => {
  const node = (name: string, edge: number, ...inputs: string[]): NetworkNode => ({
    ...{ name, inputs, op: 'Conv2D' },
    shape: edge === 0 ? [4] : [edge, edge, 2],
  });
  const nodes = [node('a', 8), node('b', 8), node('c', 4, 'a'), node('d', 4, 'b'), node('sum', 0, 'c', 'd')];
  expect(stageEnds(nodes).map(({ name }) => name)).toEqual(['b', 'd']);
});
