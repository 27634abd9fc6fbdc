import { describeOnEngines } from '@distilljs/core/testing';
import {
  annealedTemperature,
  attentionEntropy,
  hardAttention,
  mixParents,
  taskAttention,
} from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectClose, expectScalar, golden, tensor } from './golden.js';

const { G1_attention: g1, G2_mixing: g2, G3_entropy: g3 } = golden;

await describeOnEngines('attention', () => {
  it('is a softmax over parents with the expected gradients in Θ and τ', () => {
    for (const { tau, A, grad_theta, grad_tau } of g1.cases) {
      tf.tidy(() => {
        const theta = tensor<Tensor2D>(g1.theta);
        expectClose(taskAttention(theta, tau), A, `A at τ ${tau}`);
        const loss = (at: tf.Tensor, temperature: tf.Tensor): tf.Scalar =>
          tf.sum(tf.mul(taskAttention(at as Tensor2D, temperature), tensor(g1.upstream)));
        const [byTheta, byTau] = tf.grads(loss)([theta, tf.scalar(tau)]) as [tf.Tensor, tf.Tensor];
        expectClose(byTheta, grad_theta, `∂Θ at τ ${tau}`);
        expectClose(byTau, grad_tau, `∂τ at τ ${tau}`);
        expectClose(tf.sum(taskAttention(theta, tau), 1), [1, 1, 1]);
      });
    }
  });

  it('anneals as the two softmaxes of the released code', () => {
    for (const { epoch, A } of g1.released_two_step) {
      tf.tidy(() => {
        expectClose(taskAttention(tensor(g1.theta), annealedTemperature(epoch)), A, `epoch ${epoch}`);
      });
    }
  });

  it('does not see a constant added to a row', () => {
    tf.tidy(() => {
      const theta = tensor<Tensor2D>(g1.theta);
      const shifted = tf.add<Tensor2D>(theta, tensor([[5], [-3], [0.5]]));
      expectClose(taskAttention(shifted, 0.5), taskAttention(theta, 0.5).arraySync());
    });
  });

  it('is 1 for the largest Θ when hard, for the first of equals', () => {
    tf.tidy(() => {
      expect(hardAttention(tensor(g1.hard.theta)).arraySync()).toEqual(g1.hard.one_hot);
    });
  });
});

await describeOnEngines('mixParents', () => {
  it('sums parents by attention, with the expected gradients', () => {
    tf.tidy(() => {
      const features = tensor<tf.Tensor5D>(g2.features);
      const mix = (theta: tf.Tensor, all: tf.Tensor): tf.Tensor =>
        tf.stack(mixParents(taskAttention(theta as Tensor2D, g2.tau), tf.unstack(all)));
      expectClose(mix(tensor(g2.theta), features), g2.mixed);
      const loss = (theta: tf.Tensor, all: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(mix(theta, all), tensor(g2.upstream)));
      const [byTheta, byFeatures] = tf.grads(loss)([tensor(g2.theta), features]) as [tf.Tensor, tf.Tensor];
      expectClose(byTheta, g2.grad_theta, '∂Θ');
      expectClose(byFeatures, g2.grad_features, '∂F');
    });
  });

  it('copies one parent bit for bit where attention is hard', () => {
    tf.tidy(() => {
      const parents = tf.unstack(tensor<tf.Tensor5D>(g2.features));
      const [first, second] = mixParents(
        tensor([
          [0, 1],
          [1, 0],
        ]),
        parents,
      );
      expect(first?.dataSync()).toEqual(parents[1]?.dataSync());
      expect(second?.dataSync()).toEqual(parents[0]?.dataSync());
    });
  });

  it('gives equal parents back whatever Θ is', () => {
    tf.tidy(() => {
      const parent = tf.tensor2d([[1.5, -2.25]]);
      for (const child of mixParents(taskAttention(tensor(g1.theta), 1), [parent, parent]))
        expectClose(child, [[1.5, -2.25]]);
    });
  });

  it('names parents that differ in shape', () => {
    tf.tidy(() => {
      expect(() => mixParents(tf.ones([1, 2]), [tf.zeros([1, 2]), tf.zeros([1, 3])])).toThrow(/parents\[1\]/);
    });
  });
});

await describeOnEngines('attentionEntropy', () => {
  it('has the expected values and gradients', () => {
    for (const { tau, H_per_child, H_mean, grad_theta_of_H_mean } of g3.cases) {
      tf.tidy(() => {
        const theta = tensor<Tensor2D>(g3.theta);
        expectClose(attentionEntropy(theta, tau), H_per_child, `τ ${tau}`);
        const mean = (at: tf.Tensor): tf.Scalar => tf.mean(attentionEntropy(at as Tensor2D, tau));
        expectScalar(mean(theta), H_mean);
        expectClose(tf.grad(mean)(theta), grad_theta_of_H_mean, `∂Θ at τ ${tau}`);
      });
    }
  });

  it('is ln N at uniform attention, where its gradient is 0, and 0 at hard attention', () => {
    tf.tidy(() => {
      const uniform = tf.zeros<tf.Rank.R2>([2, 3]);
      expectClose(attentionEntropy(uniform, 1), [Math.log(3), Math.log(3)]);
      const mean = (at: tf.Tensor): tf.Scalar => tf.mean(attentionEntropy(at as Tensor2D, 1));
      expectClose(tf.grad(mean)(uniform), [
        [0, 0, 0],
        [0, 0, 0],
      ]);
      // e^−2000 is 0 in float32: a product of 0 and a logarithm of 0 would be NaN.
      const hard = tf.tensor2d([[1000, -1000, 0]]);
      expectClose(attentionEntropy(hard, 1), [0]);
      expectClose(tf.grad(mean)(hard), [[0, 0, 0]]);
    });
  });
});
