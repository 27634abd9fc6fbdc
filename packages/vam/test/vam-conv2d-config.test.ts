import { resolveEngine } from '@distilljs/core';
import { VamConv2D } from '@distilljs/vam';
import type { VamConv2DConfig } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { expectClose } from './golden.js';

const CONFIG = { filters: 4, kernelSize: 3, inputBlock: 2, filterBlock: 2 } as const;
const UNGROUPED = { rescale: 'none', grouped: false } as const;

it.each<[string, object, RegExp]>([
  ['an unknown factor', { ...UNGROUPED, rescale: 'block' }, /rescale: expected one of "none", "blocks"/],
  ['no factor', { grouped: false }, /rescale: expected one of .* got nothing/],
  ['missing blocks', { ...UNGROUPED, inputBlock: undefined }, /inputBlock: expected a whole number/],
  [
    'empty blocks',
    { ...UNGROUPED, filterBlock: 0 },
    /filterBlock: expected a whole number, at least 1, got 0/,
  ],
  [
    'channels first',
    { ...UNGROUPED, dataFormat: 'channelsFirst' },
    /dataFormat: expected one of "channelsLast"/,
  ],
])('VamConv2D refuses %s', (_what, given, message) => {
  expect(() => new VamConv2D({ ...CONFIG, ...given } as VamConv2DConfig)).toThrow(message);
});

it('VamConv2D refuses grouped blocks that do not divide its input maps', () => {
  const layer = new VamConv2D({ ...CONFIG, ...UNGROUPED, grouped: true, inputBlock: 4 });
  expect(() => layer.apply(tfl.input({ shape: [4, 4, 6] }))).toThrow(
    /expected blocks that divide its 6 input maps, to share filters between them, got blocks of 4/,
  );
});

it('VamConv2D dilates as the convolution that it folds into', async () => {
  await resolveEngine('cpu');
  tf.tidy(() => {
    const layer = new VamConv2D({ ...CONFIG, ...UNGROUPED, dilationRate: 2 });
    const images = tf.randomNormal<tf.Rank.R4>([1, 7, 7, 4], 0, 1, 'float32', 1);
    layer.apply(tfl.input({ shape: [7, 7, 4] }));
    const attending = layer.call(images, {}) as tf.Tensor4D;
    expect(attending.shape).toEqual([1, 3, 3, 4]);
    layer.fold();
    expectClose(layer.call(images, {}) as tf.Tensor4D, attending.arraySync());
    layer.dispose();
  });
});

it('VamConv2D counts the making of its mask, which costs more than multiplying it in', async () => {
  await resolveEngine('cpu');
  const macsOf = (given: object, inputs: number): number => {
    const layer = new VamConv2D({ ...CONFIG, ...UNGROUPED, ...given });
    layer.apply(tfl.input({ shape: [3, 3, inputs] }));
    const { maskingMacs } = layer;
    layer.dispose();
    return maskingMacs;
  };
  // 512·64·64 + 512·64·512 = 18.9 M, and 9·512·512 = 2.4 M.
  expect(macsOf({ filters: 512, inputBlock: 8, filterBlock: 8, kernelInitializer: 'zeros' }, 512)).toBe(
    18_874_368 + 2_359_296,
  );
  // Grouped, the mask is that of the whole kernel: 6·2·3 + 6·2·4, and 9·6·4.
  expect(macsOf({ grouped: true }, 6)).toBe(36 + 48 + 216);
});
