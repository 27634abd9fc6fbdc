import { createNetwork, resolveEngine } from '@distilljs/core';
import { blockTaps, tapPreset } from '@distilljs/rtk';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/model/index.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Taps that `auto` stands for on a network of the zoo, and their shapes. */
function autoTaps(name: string): { taps: readonly string[]; shapes: readonly (readonly number[])[] } {
  const { model, taps: aliases } = buildModel(name, { imageShape: [32, 32, 3], classes: 10 });
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

  it('are the stages of a plain network', () => {
    expect(autoTaps('plain8').taps).toEqual(['stage1', 'stage2', 'stage3']);
  });
});
