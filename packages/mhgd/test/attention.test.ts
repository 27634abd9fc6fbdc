import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionGraphs, dropMask, estimate, reconstruction, scores } from '../src/index.js';
import { createModules, moduleWeights } from '../src/attention/index.js';
import { flat, golden, largestGap } from './golden.js';
import { goldenMask, goldenModule } from './modules.js';

const { head } = golden;
const front = (): Tensor2D => tf.tensor2d(head.V_front);
const back = (): Tensor2D => tf.tensor2d(head.V_back);

await describeOnEngines('attention heads', () => {
  test('scores with moving averages and with the batch are the reference', () => {
    tf.tidy(() => {
      const { attention } = goldenModule(head.A, head.params);
      expect(largestGap(scores(front(), back(), attention, 'moving'), head.S_eval_bn)).toBeLessThan(1e-5);
      expect(largestGap(scores(front(), back(), attention, 'batch'), head.S_train_bn)).toBeLessThan(3e-5);
    });
  });

  test('the moving averages take a tenth of the batch, with its biased variance', () => {
    tf.tidy(() => {
      const { theta, phi, heads } = goldenModule(head.A, head.params).attention;
      scores(front(), back(), { heads, theta, phi }, 'batch');
      const expected = head['bn_theta_moving_after_one_update_decay0.9'];
      expect(largestGap(theta.mean, expected.mean)).toBeLessThan(1e-6);
      expect(largestGap(theta.variance, expected.var_biased)).toBeLessThan(1e-6);
      expect(theta.averaged.dataSync()[0]).toBeCloseTo(1, 6);
    });
  });

  test('after one step the de-biased averages are the batch: scores of both kinds are alike', () => {
    tf.tidy(() => {
      const [module] = createModules(2, [2, 3], createRandom(1));
      const attention = module?.attention as NonNullable<typeof module>['attention'];
      const batch = scores(front(), back(), attention, 'batch');
      expect(largestGap(scores(front(), back(), attention, 'moving'), batch)).toBeLessThan(1e-4);
    });
  });

  test('estimate and loss are the reference: unit rows, 0 to 2 per module', () => {
    tf.tidy(() => {
      const { attention, estimator } = goldenModule(head.A, head.params);
      const graphs = tf.softmax(scores(front(), back(), attention, 'batch'));
      const estimated = estimate(front(), graphs, goldenMask(head['drop_mask[a][i]']), estimator);
      expect(largestGap(estimated, head.V_back_hat)).toBeLessThan(1e-5);
      expect(largestGap(tf.sum(tf.square(estimated), 1), [1, 1, 1, 1])).toBeLessThan(1e-5);
      const loss = reconstruction(estimated, back());
      expect(loss.dataSync()[0]).toBeCloseTo(head.L_mhan, 5);
      const decayed = Object.values(moduleWeights([{ attention, estimator }]));
      const squares = tf.addN(decayed.map((variable) => tf.sum(tf.square(variable))));
      expect(squares.dataSync()[0]).toBeCloseTo(head.sum_of_squares_gamma_beta_w_b, 3);
      expect(tf.add(loss, tf.mul(squares, 5e-4)).dataSync()[0]).toBeCloseTo(head['L_mhan_plus_5e-4_l2'], 5);
    });
  });

  test('the gradient of the loss is the reference for every weight', () => {
    tf.tidy(() => {
      const { attention, estimator } = goldenModule(head.A, head.params);
      const { theta, phi } = attention;
      const mask = goldenMask(head['drop_mask[a][i]']);
      const weights: Record<keyof typeof head.grad_L_mhan, Variable> = {
        Wtheta: theta.kernel,
        Wphi: phi.kernel,
        'bn_theta.gamma': theta.gamma,
        'bn_theta.beta': theta.beta,
        'bn_phi.gamma': phi.gamma,
        'bn_phi.beta': phi.beta,
        W1: estimator.hidden,
        'bn1.gamma': estimator.gamma,
        'bn1.beta': estimator.beta,
        W2: estimator.kernel,
        b2: estimator.bias,
      };
      const { grads } = tf.variableGrads(() => {
        const graphs = tf.softmax(scores(front(), back(), attention, 'batch'));
        return reconstruction(estimate(front(), graphs, mask, estimator), back());
      }, Object.values(weights));
      for (const [name, variable] of Object.entries(weights)) {
        const expected = head.grad_L_mhan[name as keyof typeof weights];
        // Scores here reach 5.6 and pass through two batch norms of four rows: 2e-5 is what float32 keeps.
        expect(largestGap(grads[variable.name] ?? [], expected), name).toBeLessThan(2e-5);
      }
    });
  });

  test('with every head hidden each row is the unit bias', () => {
    tf.tidy(() => {
      const { attention, estimator } = goldenModule(head.A, head.params);
      const graphs = tf.softmax(scores(front(), back(), attention, 'moving'));
      const estimated = estimate(front(), graphs, tf.zeros([2, 4, 1]), estimator);
      const bias = tf.tensor1d(head.params.b2);
      expect(
        largestGap(estimated, tf.tile(tf.expandDims(tf.div(bias, tf.norm(bias)), 0), [4, 1])),
      ).toBeLessThan(1e-6);
    });
  });

  test('permuting the batch permutes scores; graphs are distributions and keep the labels', () => {
    tf.tidy(() => {
      const { attention } = goldenModule(head.A, head.params);
      const order = tf.tensor1d([2, 0, 3, 1], 'int32');
      const permuted = scores(tf.gather(front(), order), tf.gather(back(), order), attention, 'batch');
      const expected = tf.gather(tf.gather(scores(front(), back(), attention, 'batch'), order, 1), order, 2);
      expect(largestGap(permuted, expected)).toBeLessThan(2e-5);
      const labels = tf.tensor1d([0, 1, 2, 0], 'int32');
      const { graphs, labels: kept } = attentionGraphs([front(), back()], [{ attention }], labels);
      expect(graphs.map(({ shape }) => shape)).toEqual([[2, 4, 4]]);
      expect(largestGap(tf.sum(graphs[0] as tf.Tensor, 2), Array(8).fill(1))).toBeLessThan(1e-6);
      expect(kept).toBe(labels);
    });
  });

  test('vectors of the wrong width are refused by name', () => {
    const { attention } = goldenModule(head.A, head.params);
    expect(() => scores(back(), back(), attention, 'moving')).toThrow(/scores\(front\).*\[4, 2\].*\[4, 3\]/);
  });
});

await describeOnEngines('head dropping', () => {
  test('of eight heads one to seven are kept, half on average', () => {
    tf.tidy(() => {
      const mask = dropMask(8, 4000, createRandom(1));
      const kept = flat(tf.sum(mask, [0, 2]));
      expect(Math.min(...kept)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...kept)).toBeLessThanOrEqual(7);
      expect(Math.abs((tf.mean(mask).dataSync()[0] ?? NaN) - 0.5)).toBeLessThan(0.01);
    });
  });

  test('of two heads exactly one is kept; one head always', () => {
    tf.tidy(() => {
      expect(new Set(flat(tf.sum(dropMask(2, 200, createRandom(1)), 0)))).toEqual(new Set([1]));
      expect(new Set(flat(dropMask(1, 20, createRandom(1))))).toEqual(new Set([1]));
    });
  });
});
