import { createRandom, isDistillError } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  createDiscriminator,
  discriminate,
  discriminatorGeometry,
  discriminatorLoss,
  generatorLoss,
  thirdPartyGeometry,
} from '../src/index.js';
import type { DiscriminatorGeometry, DiscriminatorOptions, DiscriminatorWeights } from '../src/index.js';
import { afdDefaults } from '../src/options.js';
import { cases, discriminatorEntries, expectClose, numberOf, tensor } from './golden.js';
import type { Packed } from './golden.js';

const geometryOf = (options: Partial<DiscriminatorOptions>): DiscriminatorGeometry =>
  discriminatorGeometry({ ...afdDefaults, ...options }, [4, 4, 3]);

await describeOnEngines('a discriminator', () => {
  it.each([
    ['that sees the whole map', cases.discriminator_full_cover, {}],
    ['of the third party’s geometry', cases.discriminator_third_party_geometry, thirdPartyGeometry],
    ['of slope 0.2', cases['discriminator_slope_0.2'], { leakySlope: 0.2 }],
  ] as const)(
    '%s has the scores, losses and gradients of the reference',
    (_, { inputs, expected }, options) => {
      // Half of 3 channels is 1; the reference has 2.
      const geometry = geometryOf({ ...options, discriminatorWidth: 2 });
      tf.tidy(() => {
        const entries = Object.entries(discriminatorEntries(inputs.params));
        const names = entries.map(([name]) => name);
        const values = entries.map(([, packed]) => tensor(packed));
        const scores = (map: tf.Tensor4D, all: readonly tf.Tensor[]): tf.Tensor1D => {
          const weights = Object.fromEntries(names.map((name, at) => [name, all[at]]));
          return discriminate(map, weights as unknown as DiscriminatorWeights, geometry);
        };
        const [own, peer] = [tensor<tf.Rank.R4>(inputs.F1_own), tensor<tf.Rank.R4>(inputs.F2_peer)];
        const flat = ({ data }: Packed): Packed => ({ shape: [data.length], data });
        expectClose(scores(peer, values), flat(expected.d_real));
        expectClose(scores(own, values), flat(expected.d_fake));

        const { value, grads } = tf.valueAndGrads((...all) =>
          discriminatorLoss(scores(peer, all), scores(own, all)),
        )(values);
        expect(numberOf(value)).toBeCloseTo(expected.L_D, 5);
        const wanted = discriminatorEntries(expected.dLD_dparams);
        names.forEach((name, at) => {
          expectClose(grads[at], wanted[name] as Packed, true);
        });
        const generator = tf.valueAndGrad((map: tf.Tensor) =>
          generatorLoss(scores(map as tf.Tensor4D, values)),
        )(own);
        expect(numberOf(generator.value)).toBeCloseTo(expected.L_G, 5);
        expectClose(generator.grad, expected.dLG_dF1, true);

        // One batch norm over both kinds of maps is another algorithm.
        const both = scores(tf.concat([peer, own]), values);
        const [joinedPeer, joinedOwn] = tf.split(both, 2) as [tf.Tensor1D, tf.Tensor1D];
        const joined = numberOf(discriminatorLoss(joinedPeer, joinedOwn));
        expect(joined).toBeCloseTo(expected.note_L_D_if_real_and_fake_share_one_BN_batch, 5);
        expect(Math.abs(joined - expected.L_D)).toBeGreaterThan(0.05);
      });
    },
  );

  it('of a map of 8×8×64 has kernels of 4 and 5, 33,665 parameters, and starts near chance', () => {
    const shape = [8, 8, 64] as const;
    const geometry = discriminatorGeometry(afdDefaults, shape);
    expect(geometry).toMatchObject({ kernel1: [4, 4], kernel2: [5, 5], hidden: 32 });
    const { parameters, macs, weights, variables } = createDiscriminator(shape, geometry, createRandom(1));
    expect(parameters).toBe(33_665);
    expect(macs).toBe(5 * 5 * (4 * 4 * 64 * 32) + 5 * 5 * 32);
    tf.tidy(() => {
      const map = tf.relu(tf.randomNormal<tf.Rank.R4>([6, 8, 8, 64], 0, 1, 'float32', 3));
      const scores = discriminate(map, weights, geometry).dataSync();
      for (const score of scores) expect(Math.abs(score - 0.5)).toBeLessThan(0.35);
    });
    tf.dispose(Object.values(variables));
  });
});

it.each([
  [
    [1, 1, 2],
    [1, 1],
    [1, 1],
  ],
  [
    [3, 3, 8],
    [1, 1],
    [3, 3],
  ],
  [
    [8, 4, 6],
    [4, 2],
    [5, 3],
  ],
] as const)('the default geometry of a map %o ends in one score', (shape, kernel1, kernel2) => {
  expect(discriminatorGeometry(afdDefaults, shape)).toMatchObject({ kernel1, kernel2 });
});

it.each([
  [thirdPartyGeometry, /turn a map of 8×8 into one score, got 3×3 scores/],
  [{ discriminatorKernels: [9, 'auto'] as const }, /got none/],
  [
    { discriminatorKernels: [3.5, 'auto'] as const },
    /discriminatorGeometry\.discriminatorKernels: .* whole number/,
  ],
  [{ discriminatorStrides: [1, 0] as const }, /discriminatorStrides: .* at least 1/],
  [{ discriminatorWidth: 1.5 }, /discriminatorWidth: .* whole number/],
])(
  'a geometry of broken sizes, or that leaves several scores or none, is refused: %o',
  (options, message) => {
    let error: unknown;
    try {
      discriminatorGeometry({ ...afdDefaults, ...options }, [8, 8, 4]);
    } catch (thrown) {
      error = thrown;
    }
    expect(isDistillError(error)).toBe(true);
    expect(String(error)).toMatch(message);
  },
);
