import { createNetwork, resolveEngine } from '@distilljs/core';
import { sensingPoints } from '@distilljs/mhgd';
import type { NetworkFamily } from '@distilljs/mhgd';
import { beforeAll, expect, it } from 'vitest';
import { buildModel } from '../../src/model/index.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

it.each([
  ['plain8', 'plain', ['16x16x16', '8x8x32', '4x4x32']],
  ['resnet8x4', 'resnet', ['32x32x64', '16x16x128', '8x8x256']],
  ['wrn-10-4', 'wrn', ['32x32x64', '16x16x128', '8x8x256']],
  ['mobilenet64', 'mobilenet', ['32x32x64', '16x16x128', '8x8x256']],
  ['resnet18', 'resnet-imagenet', ['32x32x64', '16x16x128', '8x8x256', '4x4x512']],
  ['mobilenetv2-0.5', 'mobilenetv2', ['32x32x8', '32x32x16', '16x16x16', '8x8x48', '4x4x160']],
  ['shufflenetv1', 'shufflenet', ['16x16x240', '8x8x480', '4x4x960']],
  ['shufflenetv2-0.5', 'shufflenet', ['16x16x48', '8x8x96', '4x4x192']],
  ['vgg8', 'vgg', ['16x16x64', '8x8x128', '4x4x256', '4x4x512', '4x4x512']],
] as const)('graphs stand between the stages of %s', (name, family: NetworkFamily, shapes) => {
  const { model, taps } = buildModel(name, { imageShape: [32, 32, 3], classes: 10 }, { weights: 'zero' });
  const network = createNetwork(model, { name, taps });
  expect(sensingPoints(family).map((tap) => network.tapShape(tap).join('x'))).toEqual(shapes);
  network.dispose();
});
