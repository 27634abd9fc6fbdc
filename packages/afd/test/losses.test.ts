import type { LossTerms, Logits } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { discriminatorLoss, featureDistance, generatorLoss, mutualLogits } from '../src/index.js';
import type { Peers } from '../src/index.js';
import { cases, expectClose, largestGap, numberOf, tensor } from './golden.js';
import type { Packed } from './golden.js';
import { stepOf, totalOf } from './plan-terms.js';

function termsOf(
  logits: readonly Logits[],
  labels: readonly number[],
  temperature: number,
  peers: Peers = 'cycle',
): LossTerms {
  const step = stepOf(
    logits.map((each) => ({ logits: each })),
    labels,
  );
  return mutualLogits(step, { temperature, ceWeight: 1, kdWeight: 1, peers });
}

await describeOnEngines('the logit loss', () => {
  it.each([
    [1, 'T=1'],
    [3, 'T=3'],
  ] as const)('of a pair is the reference at T = %d, the peer being a constant', (temperature, key) => {
    const { inputs, expected } = cases.logit_pair;
    const wanted = expected[key];
    tf.tidy(() => {
      const [z1, z2] = [tensor<tf.Rank.R2>(inputs.z1), tensor<tf.Rank.R2>(inputs.z2)];
      const terms = termsOf([z1, z2], inputs.labels, temperature);
      expect(numberOf(terms['ce1']?.value as tf.Tensor)).toBeCloseTo(wanted.ce1, 5);
      expect(numberOf(terms['ce2']?.value as tf.Tensor)).toBeCloseTo(wanted.ce2, 5);
      expect(numberOf(terms['kd1']?.value as tf.Tensor)).toBeCloseTo(temperature ** 2 * wanted.kl_2_to_1, 5);
      expect(numberOf(terms['kd2']?.value as tf.Tensor)).toBeCloseTo(temperature ** 2 * wanted.kl_1_to_2, 5);
      const first = tf.grad((z) => totalOf(termsOf([z as Logits, z2], inputs.labels, temperature), 1))(z1);
      const second = tf.grad((z) => totalOf(termsOf([z1, z as Logits], inputs.labels, temperature), 2))(z2);
      expectClose(first, wanted.dL1_dz1);
      expectClose(second, wanted.dL2_dz2);
      expect(largestGap(first, wanted.WRONG_undetached_sum_dz1)).toBeGreaterThan(1e-2);
      expect(largestGap(second, wanted.WRONG_undetached_sum_dz2)).toBeGreaterThan(1e-2);
      // Both losses at once: what reaches z1 is still the gradient of network 1's own loss.
      const both = tf.grads((...z) => {
        const all = termsOf(z as tf.Tensor2D[], inputs.labels, temperature);
        return tf.add<tf.Scalar>(totalOf(all, 1), totalOf(all, 2));
      })([z1, z2]);
      expectClose(both[0], wanted.dL1_dz1);
      expectClose(both[1], wanted.dL2_dz2);
    });
  });

  it('stays finite for logits of ±80', () => {
    const { inputs, expected } = cases.logit_extreme;
    tf.tidy(() => {
      const z2 = tensor<tf.Rank.R2>(inputs.z2);
      const loss = (z: tf.Tensor): tf.Scalar =>
        totalOf(termsOf([z as tf.Tensor2D, z2], inputs.labels, inputs.T), 1);
      const { value, grad } = tf.valueAndGrad(loss)(tensor(inputs.z1));
      expect(numberOf(value) / expected.L1).toBeCloseTo(1, 6);
      expectClose(grad, expected.dL1_dz1);
    });
  });

  it('of three networks is DML’s with all peers, and one teacher’s in the cycle', () => {
    const { inputs, expected } = cases.three_networks;
    tf.tidy(() => {
      const logits = inputs.z.map((z) => tensor<tf.Rank.R2>(z));
      for (const network of [1, 2, 3]) {
        const loss = (z: tf.Tensor, peers: Peers): tf.Scalar => {
          const all = logits.map((each, index) => (index === network - 1 ? (z as tf.Tensor2D) : each));
          return totalOf(termsOf(all, inputs.labels, inputs.T, peers), network);
        };
        const own = logits[network - 1] as tf.Tensor2D;
        const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(z, 'all'))(own);
        expect(numberOf(value)).toBeCloseTo(expected.dml_mean_over_peers[network - 1] ?? NaN, 5);
        expectClose(grad, expected.dml_grad[network - 1] as Packed);
        expect(numberOf(loss(own, 'cycle'))).toBeCloseTo(expected.cyclic[network - 1] ?? NaN, 5);
      }
    });
  });
});

await describeOnEngines('the least-squares losses', () => {
  it('and their gradients are the reference’s', () => {
    const { inputs, expected } = cases.lsgan_scalar;
    tf.tidy(() => {
      const [real, fake] = [tensor<tf.Rank.R1>(inputs.d_real), tensor<tf.Rank.R1>(inputs.d_fake)];
      expect(numberOf(discriminatorLoss(real, fake))).toBeCloseTo(expected.L_D, 6);
      expect(numberOf(generatorLoss(fake))).toBeCloseTo(expected.L_G, 6);
      const [dReal, dFake] = tf.grads((a, b) => discriminatorLoss(a as tf.Tensor1D, b as tf.Tensor1D))([
        real,
        fake,
      ]);
      expectClose(dReal, expected.dLD_dreal);
      expectClose(dFake, expected.dLD_dfake);
      expectClose(tf.grad((own) => generatorLoss(own as tf.Tensor1D))(fake), expected.dLG_dfake);
    });
  });

  it('are ½ and ¼ by chance', () => {
    tf.tidy(() => {
      const chance = tf.fill<tf.Rank.R1>([4], 0.5);
      expect(numberOf(discriminatorLoss(chance, chance))).toBe(0.5);
      expect(numberOf(generatorLoss(chance))).toBe(0.25);
    });
  });

  it('leave nothing behind but their values, outside of tf.tidy too', () => {
    const [scores, map] = [tf.fill<tf.Rank.R1>([4], 0.25), tf.ones<tf.Rank.R4>([2, 2, 2, 1])];
    const before = tf.memory().numTensors;
    const values = [discriminatorLoss(scores, scores), generatorLoss(scores), featureDistance(map, map)];
    expect(tf.memory().numTensors - before).toBe(values.length);
    tf.dispose([scores, map, ...values]);
  });

  it('refuse scores of unlike numbers of images', () => {
    tf.tidy(() => {
      expect(() => discriminatorLoss(tf.zeros([3]), tf.zeros([4]))).toThrow(
        /equal shapes, got \[3\] and \[4\]/,
      );
    });
  });
});

await describeOnEngines('the distance of feature maps', () => {
  it('is the mean absolute difference, with a gradient to its own map alone', () => {
    const { inputs, expected } = cases.direct_alignment;
    tf.tidy(() => {
      const [own, peer] = [tensor<tf.Rank.R4>(inputs.F1), tensor<tf.Rank.R4>(inputs.F2)];
      expect(numberOf(featureDistance(peer, own))).toBeCloseTo(expected.L1, 6);
      expectClose(tf.grad((map) => featureDistance(peer, map as tf.Tensor4D))(own), expected.dL1_dF1);
      expect(() => tf.grad((map) => featureDistance(map as tf.Tensor4D, own))(peer)).toThrow(
        /Cannot compute gradient/,
      );
    });
  });
});
