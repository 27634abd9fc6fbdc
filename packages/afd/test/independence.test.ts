import type { DistillResult, Method, Network, Plan } from '@distilljs/core';
import { createRandom, distill, sgd } from '@distilljs/core';
import { bytesOf, describeOnEngines, tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { afd, dml, paperOptimizer } from '../src/index.js';
import { featureOptimizer } from '../src/optimizers.js';
import { extractorVariables } from '../src/extractor.js';
import { afdDefaults } from '../src/options.js';
import { prepared } from './golden-run.js';
import { cases, expectClose, largestGap, tensor } from './golden.js';
import type { Packed } from './golden.js';
import { cohort } from './plan-terms.js';

async function train(method: Method, students: readonly Network[], rate = 0.05): Promise<DistillResult> {
  const optimizer = sgd({ learningRate: rate });
  return distill({
    students,
    method,
    train: tinyDataset(24, 1),
    epochs: 2,
    batchSize: 12,
    seed: 3,
    optimizer,
  });
}

/** The method with the updates of these names alone. */
const only = (method: Method, ...names: readonly string[]): Method =>
  prepared(method, (plan) => ({
    ...plan,
    phases: plan.phases.map((phase) => ({
      ...phase,
      updates: phase.updates.filter(({ name }) => names.includes(name)),
    })),
  }));

await describeOnEngines('afd', () => {
  it.each([2, 3])(
    'of %d without feature rate and L2 is mutual learning, to the last bit',
    async (networks) => {
      const [adversarial, mutual] = [cohort(networks), cohort(networks)];
      (await train(afd({ networks, featureLearningRate: 0, featureWeightDecay: 0 }), adversarial)).dispose();
      (await train(dml({ networks, peers: 'cycle' }), mutual)).dispose();
      expect(adversarial.map(weightBytes)).toEqual(mutual.map(weightBytes));
      if (networks === 2) {
        const all = cohort(2);
        (await train(dml(), all)).dispose();
        expect(all.map(weightBytes)).toEqual(mutual.map(weightBytes));
      }
    },
  );

  it('moves discriminators and no network by L_D, extractors and neither classifier nor discriminator by L_G', async () => {
    const method = afd({ featureLearningRate: 1e-3, featureWeightDecay: 0 });
    const bytesAfter = async (
      ...names: string[]
    ): Promise<Record<'extractor' | 'rest' | 'discriminators', Uint8Array>> => {
      const students = cohort(2);
      let held: Plan | undefined;
      const result = await train(
        prepared(only(method, ...names), (plan) => {
          held = plan;
          return undefined;
        }),
        students,
        0,
      );
      const parts = students.flatMap(({ variables }) => Object.entries(variables));
      const named = (test: (name: string) => boolean): Uint8Array =>
        bytesOf(Object.fromEntries(parts.filter(([name]) => test(name)).map(([, value], at) => [at, value])));
      const bytes = {
        extractor: named((name) => !name.startsWith('logits/')),
        rest: named((name) => name.startsWith('logits/')),
        discriminators: bytesOf(held?.auxiliary ?? {}),
      };
      result.dispose();
      return bytes;
    };
    // At a rate of 0 the logits' update moves nothing: what all start from.
    const start = await bytesAfter('logits');
    const discriminators = await bytesAfter('discriminators');
    expect(discriminators.discriminators).not.toEqual(start.discriminators);
    expect(discriminators).toMatchObject({ extractor: start.extractor, rest: start.rest });
    const features = await bytesAfter('features');
    expect(features.extractor).not.toEqual(start.extractor);
    expect(features).toMatchObject({ rest: start.rest, discriminators: start.discriminators });
  });

  it('predicts the same whatever its discriminators and transfer layers hold', async () => {
    const students = [tinyNetwork(1, { width: 2 }), tinyNetwork(2, { width: 3 })];
    let held: Plan | undefined;
    const method = prepared(afd(), (plan) => {
      held = plan;
      return undefined;
    });
    const result = await train(method, students);
    const images = tf.zeros<tf.Rank.R4>([1, 6, 6, 2]);
    const predictions = (): number[][][] =>
      students.map((student) => tf.tidy(() => student.forward(images).logits.arraySync()));
    const before = predictions();
    expect(Object.keys(held?.auxiliary ?? {})).toEqual(
      expect.arrayContaining([
        'transfer1/kernel',
        'transfer2/kernel',
        'discriminator1/kernel1',
        'discriminator2/bias2',
      ]),
    );
    for (const variable of Object.values(held?.auxiliary ?? {})) variable.assign(tf.onesLike(variable));
    expect(predictions()).toEqual(before);
    images.dispose();
    result.dispose();
  });
});

await describeOnEngines('the feature optimizer', () => {
  it('is Adam with L2 in the gradient, not AdamW; the logits’ is SGD with momentum', () => {
    const { inputs, expected } = cases.optimisers;
    const at = { epoch: 0, epochs: 300 };
    const runs = [
      [featureOptimizer(afdDefaults, 300), expected.adam_coupled_L2, expected.WRONG_adamw_decoupled],
      [paperOptimizer(), expected.sgd_momentum, expected.sgd_nesterov_option],
    ] as const;
    for (const [spec, wanted, wrong] of runs) {
      const weight = tf.variable(tensor(inputs.w0));
      const optimizer = spec.create({ weight });
      inputs.grads.forEach((gradient, step) => {
        tf.tidy(() => {
          optimizer.apply({ weight: tensor(gradient) }, at);
        });
        expectClose(weight, wanted[step] as Packed);
        expect(largestGap(weight, wanted[step] as Packed)).toBeLessThan(2e-6);
      });
      expect(largestGap(weight, wrong.at(-1) as Packed)).toBeGreaterThan(2e-5);
      optimizer.dispose();
      weight.dispose();
    }
  });
});

it('both schedules of 300 epochs are the reference’s', () => {
  const { inputs, expected } = cases.schedule_cifar;
  const variable = tf.variable(tf.zeros([1]));
  const [feature, logit] = [featureOptimizer(afdDefaults, 300), paperOptimizer()].map((spec) =>
    spec.create({ variable }),
  );
  inputs.epochs.forEach((epoch, at) => {
    const place = { epoch, epochs: 300 };
    expect(feature?.learningRate(place)).toBeCloseTo(expected.feature_adam[at] ?? NaN, 12);
    expect(logit?.learningRate(place)).toBeCloseTo(expected.logit_sgd[at] ?? NaN, 12);
  });
  feature?.dispose();
  logit?.dispose();
  variable.dispose();
});

it('the milestones are shares of the epochs that there are', () => {
  const variable = tf.variable(tf.zeros([1]));
  const optimizer = featureOptimizer(afdDefaults, 12).create({ variable });
  const rates = [0, 2.9, 3, 5.9, 6, 11.9].map((epoch) => optimizer.learningRate({ epoch, epochs: 12 }));
  [2e-5, 2e-5, 2e-6, 2e-6, 2e-7, 2e-7].forEach((rate, at) => {
    expect(rates[at]).toBeCloseTo(rate, 12);
  });
  optimizer.dispose();
  variable.dispose();
});

it('the extractor of a tap is what comes before it', () => {
  const network = tinyNetwork(1, { width: 2 });
  const images = tf.zeros<tf.Rank.R4>([1, 6, 6, 2]);
  const names = (tap: string): string[] =>
    Object.keys(extractorVariables(network, tap, images, createRandom(1)));
  expect(names('stem')).toEqual(['stem_conv/kernel', 'stem_bn/gamma', 'stem_bn/beta']);
  expect(names('stage3')).toEqual(
    Object.keys(network.variables).filter((name) => !name.startsWith('logits/')),
  );
  images.dispose();
});

it('costs the other networks, one discriminator per network seen twice, and transfer layers where widths differ', async () => {
  const alike = cohort(3);
  const three = await train(afd({ networks: 3 }), alike);
  const network = alike[0] as Network;
  // A map of 3×3×4: kernels 1 (4 → 2 channels) and 3 (2 → 1).
  const discriminator = { parameters: 4 * 2 + 2 + 2 + 2 + 9 * 2 + 1, macs: 9 * 4 * 2 + 9 * 2 };
  expect(three.cost).toEqual({
    trainParameters: 2 * network.parameters + 3 * discriminator.parameters,
    trainMacs: 2 * network.macs + 3 * 2 * discriminator.macs,
    inferenceParameters: 0,
    inferenceMacs: 0,
  });
  three.dispose();
  const [narrow, wide] = [tinyNetwork(1, { width: 1 }), tinyNetwork(2, { width: 2 })];
  const pair = await train(afd(), [narrow, wide]);
  const transfers = { parameters: (2 + 3) * 4 + (4 + 3) * 4, macs: 9 * (2 * 4 + 4 * 4) };
  expect(pair.cost.trainParameters).toBe(
    wide.parameters + 2 * discriminator.parameters + transfers.parameters,
  );
  expect(pair.cost.trainMacs).toBe(wide.macs + 4 * discriminator.macs + transfers.macs);
  pair.dispose();
});
