import { createNetwork, resolveEngine } from '@distilljs/core';
import type { NetworkShape } from '@distilljs/core';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectFrontToBack } from '../src/sensing-points.js';

const conv = (name: string, from: SymbolicTensor): SymbolicTensor =>
  layers.conv2d({ name, filters: 2, kernelSize: 1 }).apply(from) as SymbolicTensor;

/** `front`, then `left` and `right` beside each other, then `back`, their sum. `end` is another name of `back`. */
function branching(): NetworkShape {
  const images = input({ shape: [4, 4, 1] });
  const front = conv('front', images);
  const back = layers
    .add({ name: 'back' })
    .apply([conv('left', front), conv('right', front)]) as SymbolicTensor;
  const pooled = layers.globalAveragePooling2d({}).apply(back) as SymbolicTensor;
  const logits = layers.dense({ units: 2 }).apply(pooled) as SymbolicTensor;
  return createNetwork(model({ inputs: images, outputs: logits }), { name: 'net', taps: { end: 'back' } });
}

describe('taps from front to back', () => {
  beforeAll(() => resolveEngine('cpu'));

  const check =
    (taps: readonly string[], network = branching()) =>
    (): void => {
      expectFrontToBack('mhgd.teacherTaps', network, taps);
    };

  it('may name parallel branches in any order', () => {
    for (const taps of [
      ['front', 'left', 'right', 'back'],
      ['front', 'right', 'left', 'end'],
    ])
      expect(check(taps)).not.toThrow();
  });

  it.each([
    [['back', 'front'], "got 'back' before 'front', from which it is computed"],
    [['front', 'end', 'left'], "got 'end' before 'left'"],
    [['left', 'right', 'front'], "got 'left' before 'front'"],
    [['front', 'back', 'end'], "got 'end' again"],
  ])('are not %j', (taps, message) => {
    expect(check(taps)).toThrow(`mhgd.teacherTaps, network 'net': expected feature maps from front to back`);
    expect(check(taps)).toThrow(message);
  });

  it('are taken as they are in a network whose inside is unknown, each once', () => {
    const closed = { ...branching(), nodes: undefined };
    expect(check(['back', 'front'], closed)).not.toThrow();
    expect(check(['back', 'back'], closed)).toThrow("got 'back' again");
  });
});
