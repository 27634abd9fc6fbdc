import { createNetwork, resolveEngine } from '@distilljs/core';
import { blockTaps, tapPreset } from '@distilljs/rtk';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/model/index.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Taps that `auto` stands for on a network of the zoo, and their shapes. */
function autoTaps(name: string): { taps: readonly string[]; shapes: readonly (readonly number[])[] } {
  const shape = { imageShape: [32, 32, 3], classes: 10 } as const;
  const { model, taps: aliases } = buildModel(name, shape, { weights: 'zero' });
  const network = createNetwork(model, { name, taps: aliases });
  const taps = blockTaps('here', network);
  const shapes = taps.map((tap) => network.tapShape(tap));
  network.dispose();
  return { taps, shapes };
}

describe('feature maps that attention compares', () => {
  it.each([
    ['resnet20', 3, 16],
    ['resnet56', 9, 16],
    ['wrn-16-2', 2, 32],
    ['wrn-28-2', 4, 32],
    ['wrn-40-2', 6, 32],
  ] as const)('%s: %i maps a stage, from %i channels on', (name, perStage, channels) => {
    const { taps, shapes } = autoTaps(name);
    expect(taps).toEqual(tapPreset(name));
    const stage = (shape: readonly number[]): (readonly number[])[] =>
      Array.from({ length: perStage }, () => shape);
    expect(shapes).toEqual([
      ...stage([32, 32, channels]),
      ...stage([16, 16, 2 * channels]),
      ...stage([8, 8, 4 * channels]),
    ]);
  });

  it.each([
    ['resnet18', [2, 2, 2, 2], ['32x32x64', '16x16x128', '8x8x256', '4x4x512']],
    ['resnet34', [3, 4, 6, 3], ['32x32x64', '16x16x128', '8x8x256', '4x4x512']],
    ['resnet50', [3, 4, 6, 3], ['32x32x256', '16x16x512', '8x8x1024', '4x4x2048']],
    ['shufflenetv1', [4, 8, 4], ['16x16x240', '8x8x480', '4x4x960']],
    ['shufflenetv2', [4, 8, 4], ['16x16x116', '8x8x232', '4x4x464']],
  ] as const)('%s: every block of its %j', (name, blocks, shapes) => {
    const { taps, shapes: found } = autoTaps(name);
    expect(taps).toEqual(tapPreset(name));
    expect(found.map((shape) => shape.join('x'))).toEqual(
      blocks.flatMap((count, stage) => Array.from({ length: count }, () => shapes[stage])),
    );
  });

  it('are the 17 bottlenecks of MobileNetV2', () => {
    expect(autoTaps('mobilenetv2-half').taps).toEqual(tapPreset('mobilenetv2'));
    expect(autoTaps('mobilenetv2').taps).toEqual(tapPreset('mobilenetv2'));
    expect(tapPreset('mobilenetv2')).toHaveLength(17);
  });

  it('are the stages of a plain network', () => {
    expect(autoTaps('plain8').taps).toEqual(['stage1', 'stage2', 'stage3']);
  });
});
