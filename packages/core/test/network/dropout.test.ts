import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Network, Random } from '@distilljs/core';
import { createNetwork, createRandom } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

/** Dropout on 1,000 ones, then a dense layer. */
function network(options: { rate: number; noiseShape?: number[] } = { rate: 0.25 }): Network {
  const model = tfl.sequential({
    layers: [
      tfl.layers.reshape({ inputShape: [10, 10, 10], targetShape: [100, 10] }),
      tfl.layers.dropout({ name: 'drop', ...options }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 2 }),
    ],
  });
  return createNetwork(model);
}

const dropped = (given: Network, random?: Random): Float32Array =>
  tf.tidy(() => {
    const ones = tf.ones<tf.Rank.R4>([1, 10, 10, 10]);
    return given
      .forward(ones, { training: true, taps: ['drop'], random })
      .tap('drop')
      .dataSync<'float32'>();
  });

describeOn(await testEngines(), 'dropout', () => {
  it('drops its share and scales the rest, so that the mean is unchanged', () => {
    const values = dropped(network(), createRandom(1));
    const zeros = values.filter((value) => value === 0).length;
    // A binomial of 1,000 at 0.25 deviates by 14.
    expect(Math.abs(zeros - 250)).toBeLessThan(55);
    expectClose(
      values.filter((value) => value !== 0),
      new Float32Array(1000 - zeros).fill(4 / 3),
      1e-6,
    );
  });

  it('draws the same mask from the same stream, another from another', () => {
    const given = network();
    expect(dropped(given, createRandom(1))).toEqual(dropped(given, createRandom(1)));
    expect(dropped(given, createRandom(1))).not.toEqual(dropped(given, createRandom(2)));
    expect(dropped(given, createRandom(1).fork('a'))).not.toEqual(dropped(given, createRandom(1).fork('b')));
  });

  it('draws a mask for each use of one layer, in a nested model too', () => {
    const input = tfl.input({ shape: [10, 10, 10] });
    const inner = tfl.sequential({ layers: [tfl.layers.dropout({ rate: 0.5, inputShape: [10, 10, 10] })] });
    const uses = [1, 2, 3].map(() => inner.apply(input) as tfl.SymbolicTensor);
    const joined = tfl.layers.concatenate().apply(uses) as tfl.SymbolicTensor;
    const flat = tfl.layers.flatten().apply(joined) as tfl.SymbolicTensor;
    const outputs = tfl.layers.dense({ units: 2 }).apply(flat) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs });
    const given = createNetwork(model, { taps: { drop: model.layers[2]?.name ?? '' } });
    const values = dropped(given, createRandom(1));
    expect(dropped(given, createRandom(1))).toEqual(values);
    const masks = [0, 1, 2].map((use) => values.filter((_, at) => Math.floor(at / 10) % 3 === use));
    for (const [one, other] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const equal = masks[one]?.filter((value, at) => value === masks[other]?.[at]).length ?? 0;
      // A binomial of 1,000 at 0.5 deviates by 16.
      expect(Math.abs(equal - 500)).toBeLessThan(65);
    }
  });

  it('shares its mask along the axes of a noise shape', () => {
    const values = dropped(network({ rate: 0.5, noiseShape: [1, 100, 1] }), createRandom(1));
    for (let row = 0; row < 100; row++)
      expect(new Set(values.subarray(10 * row, 10 * row + 10)).size).toBe(1);
    expect(new Set(values)).toEqual(new Set([0, 2]));
  });

  it('is not there in inference, nor at rate 0', () => {
    tf.tidy(() => {
      const ones = tf.ones<tf.Rank.R4>([1, 10, 10, 10]);
      const kept = network()
        .forward(ones, { taps: ['drop'] })
        .tap('drop');
      expectClose(kept, new Float32Array(1000).fill(1), 0);
    });
    expectClose(dropped(network({ rate: 0 })), new Float32Array(1000).fill(1), 0);
  });

  it('asks for a stream in training', async () => {
    const error = await caught(() => dropped(network()));
    expect(error.code).toBe('option');
    expect(error.message).toMatch(
      /network\.forward \(layer 'drop'\): expected a random stream.*Pass `random: createRandom\(seed\)`/,
    );
  });
});
