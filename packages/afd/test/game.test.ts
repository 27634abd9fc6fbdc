import type { EpochReport } from '@distilljs/core';
import { adam, createRandom, distill, onOneTape } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  afd,
  createDiscriminator,
  discriminate,
  discriminatorGeometry,
  discriminatorLoss,
  generatorLoss,
  reviewDiscriminators,
} from '../src/index.js';
import { afdDefaults } from '../src/options.js';
import { prepared } from './golden-run.js';
import { numberOf } from './golden.js';

/** What a discriminator of frozen maps came to. */
interface Outcome {
  readonly peer: number;
  readonly own: number;
  readonly loss: number;
  readonly generator: number;
}

/** Trains a discriminator alone on the maps of two networks that do not move; looks at maps that it has not seen. */
function play(ownSeed: number, peerSeed: number, inverted = false): readonly Outcome[] {
  const data = tinyDataset(96, 4);
  const pixels = Array.from({ length: data.size }, (_, at) =>
    Array.from(data.image(at), (value) => value / 128 - 1),
  );
  const networks = [tinyNetwork(ownSeed), tinyNetwork(peerSeed)];
  const images = tf.tensor4d(pixels.flat(), [data.size, 6, 6, 2]);
  const [own, peer] = networks.map((network) =>
    tf.tidy(() => network.forward(images, { training: true, taps: ['stage3'] }).tap('stage3') as tf.Tensor4D),
  ) as [tf.Tensor4D, tf.Tensor4D];
  const shape = [3, 3, 8] as const;
  const { weights, variables, geometry } = createDiscriminator(
    shape,
    discriminatorGeometry(afdDefaults, shape),
    createRandom(7),
  );
  const optimizer = adam({ learningRate: 3e-3, weightDecay: 0.1 }).create(variables);
  const scores = (from: number): [tf.Tensor1D, tf.Tensor1D] => {
    const half = (map: tf.Tensor4D): tf.Tensor4D => tf.slice(map, [from, 0, 0, 0], [48, -1, -1, -1]);
    return [discriminate(half(peer), weights, geometry), discriminate(half(own), weights, geometry)];
  };
  const outcome = (): Outcome =>
    tf.tidy(() => {
      const [ofPeer, ofOwn] = scores(48);
      return {
        peer: numberOf(tf.mean(ofPeer)),
        own: numberOf(tf.mean(ofOwn)),
        loss: numberOf(discriminatorLoss(ofPeer, ofOwn)),
        generator: numberOf(generatorLoss(ofOwn)),
      };
    });
  const outcomes = [outcome()];
  for (let step = 0; step < 60; step++) {
    tf.tidy(() => {
      const gradients = onOneTape(
        () => {
          const [ofPeer, ofOwn] = scores(0);
          return inverted ? discriminatorLoss(ofOwn, ofPeer) : discriminatorLoss(ofPeer, ofOwn);
        },
        (loss, gradientOf) => gradientOf(() => loss, Object.values(variables)) as tf.Tensor[],
      );
      const named = Object.keys(variables).map((name, at) => [name, gradients[at] as tf.Tensor] as const);
      optimizer.apply(Object.fromEntries(named), { epoch: 0, epochs: 1 });
    });
    if (step % 20 === 19) outcomes.push(outcome());
  }
  optimizer.dispose();
  tf.dispose([images, own, peer, ...Object.values(variables)]);
  for (const network of networks) network.dispose();
  return outcomes;
}

await describeOnEngines('the game', () => {
  it('teaches a discriminator to score the peer’s maps high and its own network’s low', () => {
    const last = play(1, 2).at(-1) as Outcome;
    expect(last.peer).toBeGreaterThan(0.5);
    expect(last.own).toBeLessThan(0.5);
    expect(last.loss).toBeLessThan(0.5);
    expect(last.generator).toBeGreaterThan(0.25);
  });

  it('with inverted labels would make the extractor’s loss vanish: no game', () => {
    expect((play(1, 2, true).at(-1) as Outcome).generator).toBeLessThan(0.25);
  });

  it('cannot be won where both maps are equal', () => {
    for (const { loss } of play(1, 1)) expect(loss).toBeGreaterThanOrEqual(0.5 - 1e-6);
  });
});

const epoch = (values: Readonly<Record<string, number>>): EpochReport => ({
  phase: 'train',
  epoch: 0,
  globalEpoch: 0,
  steps: 1,
  learningRate: {},
  terms: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`discriminators/${name}`, { value, weight: 1 }]),
  ),
  trainAccuracy: [],
  validation: [],
  seconds: 0,
});

it('a discriminator that is saturated or does not learn for three epochs is reviewed as such', () => {
  const fine = { loss1: 0.4, own1: 0.4, peer1: 0.6 };
  const sure = { loss2: 0.04, own2: 0.02, peer2: 0.98 };
  const stuck = { loss1: 0.501, own1: 0.499, peer1: 0.502 };
  const times = (count: number, values: Readonly<Record<string, number>>): EpochReport[] =>
    Array.from({ length: count }, () => epoch(values));
  expect(reviewDiscriminators([])).toEqual([]);
  expect(reviewDiscriminators(times(2, { ...fine, ...sure }))).toEqual([]);
  expect(reviewDiscriminators(times(3, fine))).toEqual([]);
  expect(reviewDiscriminators(times(3, { ...fine, ...sure }))).toEqual([
    expect.stringMatching(/^Discriminator 2 is saturated .*Lower featureLearningRate/),
  ]);
  expect(reviewDiscriminators(times(3, stuck))).toEqual([
    expect.stringMatching(/^Discriminator 1 does not learn .*raise featureLearningRate/),
  ]);
  expect(reviewDiscriminators([...times(3, stuck), epoch(fine)])).toEqual([]);
  expect(reviewDiscriminators(times(3, { ...stuck, loss1: 0.7 }))).toEqual([]);
  // A loss of 0.5 where scores tell the maps apart is no chance.
  expect(reviewDiscriminators(times(3, { loss1: 0.5, own1: 0.5, peer1: 0.6 }))).toEqual([]);
  expect(reviewDiscriminators(times(3, { loss1: 0.5, own1: 0.4, peer1: 0.5 }))).toEqual([]);
});

it('a run warns once about each discriminator that cannot learn', async () => {
  const warned: string[] = [];
  // Momentum 0.3: the moving statistics settle within these few steps, so that there is no warning of them.
  const students = [1, 2].map((seed) => tinyNetwork(seed, { width: 2, momentum: 0.3 }));
  const speechless = prepared(afd({ featureLearningRate: 0 }), ({ auxiliary }) => {
    for (const [name, variable] of Object.entries(auxiliary)) {
      if (/(kernel|bias)2$/.test(name)) variable.assign(tf.zerosLike(variable));
    }
    return undefined;
  });
  const result = await distill({
    students,
    method: speechless,
    train: tinyDataset(12, 1),
    epochs: 5,
    batchSize: 12,
    seed: 1,
    callbacks: [{ name: 'listen', warn: (message) => void warned.push(message) }],
  });
  result.dispose();
  expect(warned.map((message) => message.slice(0, 30))).toEqual([
    'Discriminator 1 does not learn',
    'Discriminator 2 does not learn',
  ]);
  expect(result.warnings).toEqual(warned);
});
