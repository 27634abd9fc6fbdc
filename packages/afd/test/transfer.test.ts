import { createRandom } from '@distilljs/core';
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
import { commonShape } from '../src/transfer/index.js';
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
      const names = Object.keys(first) as (keyof TransferWeights)[];
      const { value, grads } = tf.valueAndGrads((map, ...all) => {
        const weights = Object.fromEntries(names.map((name, at) => [name, all[at]]));
        const moved = transfer(map as tf.Tensor4D, {
          pool: NO_POOL,
          weights: weights as unknown as TransferWeights,
        });
        return generatorLoss(score(moved));
      })([own, ...names.map((name) => first[name])]);
      expect(numberOf(value)).toBeCloseTo(expected.L_G1, 5);
      expectClose(grads[0], expected.dLG1_dF1, true);
      const wanted = transferEntries(expected.dLG1_dT1);
      names.forEach((name, at) => {
        expectClose(grads[at + 1], wanted[name] as Packed, true);
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

it('the common shape is the smallest map with the most channels, or as many as asked for', () => {
  const shapes = [
    [8, 8, 16],
    [4, 4, 32],
  ] as const;
  expect(commonShape(shapes, 'auto')).toEqual([4, 4, 32]);
  expect(commonShape(shapes, 8)).toEqual([4, 4, 8]);
  expect(() => commonShape([...shapes, [6, 6, 1]], 'auto')).toThrow(
    /multiples of the smallest \(4×4\), got 6×6/,
  );
});

function unpacked(entries: Readonly<Record<string, Packed>>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(entries).map(([name, packed]) => [name, tensor(packed)]));
}
