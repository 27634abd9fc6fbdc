import { createRandom, onOneTape } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  createTransfer,
  discriminate,
  discriminatorGeometry,
  discriminatorLoss,
  generatorLoss,
  transfer,
} from '../src/index.js';
import type { DiscriminatorWeights, TransferWeights } from '../src/index.js';
import { afdDefaults } from '../src/options.js';
import { commonShape } from '../src/transfer.js';
import { cases, discriminatorEntries, expectClose, numberOf, tensor, transferEntries } from './golden.js';
import type { Packed, PackedTransfer } from './golden.js';

const NO_POOL = [1, 1] as const;

await describeOnEngines('transfer layers', () => {
  it('bring maps of 3 and 5 channels to 4; L_G reaches its own network’s alone', () => {
    const { inputs, expected } = cases.transfer_pair;
    const geometry = discriminatorGeometry({ ...afdDefaults, discriminatorWidth: 2 }, [4, 4, 4]);
    tf.tidy(() => {
      const weightsOf = (packed: PackedTransfer): TransferWeights =>
        unpacked(transferEntries(packed)) as unknown as TransferWeights;
      const discriminator = unpacked(discriminatorEntries(inputs.D1)) as unknown as DiscriminatorWeights;
      const [own, peer] = [tensor<tf.Rank.R4>(inputs.F1_own), tensor<tf.Rank.R4>(inputs.F2_peer)];
      const [first, second] = [weightsOf(inputs.T1), weightsOf(inputs.T2)];
      const ownMap = transfer(own, { pool: NO_POOL, weights: first });
      const peerMap = transfer(peer, { pool: NO_POOL, weights: second });
      expectClose(ownMap, expected.T1F1);
      expectClose(peerMap, expected.T2F2);

      const score = (map: tf.Tensor4D): tf.Tensor1D => discriminate(map, discriminator, geometry);
      expect(numberOf(discriminatorLoss(score(peerMap), score(ownMap)))).toBeCloseTo(expected.L_D1, 5);
      // Both losses on one tape, as in a step.
      const forward = (): { readonly L_D: tf.Scalar; readonly L_G: tf.Scalar } => {
        const ownScore = score(transfer(own, { pool: NO_POOL, weights: first }));
        const peerScore = score(transfer(peer, { pool: NO_POOL, weights: second }));
        return { L_D: discriminatorLoss(peerScore, ownScore), L_G: generatorLoss(ownScore) };
      };
      onOneTape(forward, ({ L_D, L_G }, gradientOf) => {
        expect(numberOf(L_G)).toBeCloseTo(expected.L_G1, 5);
        expectClose(gradientOf(() => L_G, [own])[0], expected.dLG1_dF1, true);
        const reached = (loss: tf.Scalar, entries: object): Record<string, tf.Tensor | undefined> => {
          const gradients = gradientOf(() => loss, Object.values(entries) as tf.Tensor[]);
          return Object.fromEntries(Object.keys(entries).map((name, at) => [name, gradients[at]]));
        };
        const expectGradients = (
          found: Record<string, tf.Tensor | undefined>,
          wanted: Readonly<Record<string, Packed>>,
        ): void => {
          for (const [name, packed] of Object.entries(wanted)) expectClose(found[name], packed, true);
        };
        expectGradients(reached(L_G, first), transferEntries(expected.dLG1_dT1));
        expectGradients(reached(L_D, discriminator), discriminatorEntries(expected.dLD1_dD1));
        expect(Object.values(reached(L_G, second))).toEqual([undefined, undefined, undefined, undefined]);
        expect(gradientOf(() => L_G, [peer])).toEqual([undefined]);
      });
    });
  });

  it('average larger maps down, and leave a map of the common shape as it is', () => {
    tf.tidy(() => {
      const map = tf.tensor4d([1, 3, 5, 7], [1, 2, 2, 1]);
      const pooled = createTransfer([2, 2, 1], [1, 1, 1], false, createRandom(1));
      expect(pooled.variables).toEqual({});
      expect(transfer(map, pooled).dataSync()).toEqual(new Float32Array([4]));
      expect(transfer(map, createTransfer([2, 2, 1], [2, 2, 1], false, createRandom(1)))).toBe(map);
    });
  });
});

it('a map whose edges are no multiples of the common ones is averaged by area, with its gradient', () => {
  // 3 → 2: each new pixel covers one and a half old ones, the middle one by a half.
  const map = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const { pool } = createTransfer([3, 3, 1], [2, 2, 1], false, createRandom(1));
  const means = [21 / 9, 33 / 9, 57 / 9, 69 / 9];
  expectClose(transfer(map, { pool }), { shape: [1, 2, 2, 1], data: means });
  const gradient = tf.grad((x) => tf.sum(transfer(x as tf.Tensor4D, { pool })))(map);
  // Each pixel counts by the area that it has in all of the new ones: 4/9 of each of the four.
  expectClose(gradient, { shape: [1, 3, 3, 1], data: Array.from({ length: 9 }, () => 4 / 9) });
});

it('a transfer layer to a larger map is refused', () => {
  expect(() => createTransfer([2, 2, 4], [4, 4, 4], false, createRandom(1))).toThrow(
    /expected a map of at least 4×4, got 2×2/,
  );
});

it('the common shape is the smallest map with the most channels, or as many as asked for', () => {
  const maps = [{ shape: [8, 8, 16] }, { shape: [4, 4, 32] }] as const;
  expect(commonShape(maps, 'auto')).toEqual([4, 4, 32]);
  expect(commonShape(maps, 8)).toEqual([4, 4, 8]);
  expect(commonShape([...maps, { shape: [6, 6, 1] }], 'auto')).toEqual([4, 4, 32]);
});

function unpacked(entries: Readonly<Record<string, Packed>>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(entries).map(([name, packed]) => [name, tensor(packed)]));
}
