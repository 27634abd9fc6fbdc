import * as tf from '@tensorflow/tfjs-core';
import { createRandom, distill, resolveEngine } from '@distilljs/core';
import type { Callback, DistillResult, Method } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModules, dropMask, estimate, mhgd, reconstruction, scores } from '../src/index.js';
import { moduleWeights } from '../src/attention/index.js';
import { reviewScores } from '../src/phase/index.js';

beforeAll(async () => {
  await resolveEngine('wasm');
});

/** Ten times the decay, so that scores settle within 160 steps instead of 1,000. */
const METHOD = mhgd({ heads: 2, headEpochs: 40, headDecay: 5e-3 });

/** The same heads, measured on a student that learns from labels alone. */
const labelsAlone: Method = {
  ...METHOD,
  async plan(context) {
    const plan = await METHOD.plan(context);
    const [heads, transfer] = plan.phases;
    const updates = (transfer?.updates ?? []).map((update) => ({
      ...update,
      combine: {
        name: 'ce',
        combine: (backward: { gradient: (terms: string[]) => object }) => backward.gradient(['ce']),
      },
    }));
    return { ...plan, phases: [heads, { ...transfer, updates }] } as typeof plan;
  },
};

async function trained(method: Method, callbacks: Callback[] = []): Promise<DistillResult> {
  const teacher = tinyNetwork(1, { width: 6 });
  // Momentum 0.6: the moving statistics settle within these few steps, so that there is no warning of them.
  const students = [tinyNetwork(2, { width: 6, momentum: 0.6 })];
  const train = tinyDataset(48, 1);
  const result = await distill({
    teacher,
    students,
    method,
    train,
    epochs: 8,
    batchSize: 12,
    seed: 1,
    callbacks,
  });
  result.dispose();
  return result;
}

const valuesOf = ({ history }: DistillResult, phase: string, term: string): number[] =>
  history.filter((epoch) => epoch.phase === phase).map((epoch) => epoch.terms[term]?.value ?? NaN);

test('the divergence ends below that of a student that learns from labels alone, seen by the same heads', async () => {
  const seen: string[] = [];
  const watch: Callback = {
    name: 'watch',
    epoch: async ({ phase }, run) => {
      const exhibits = phase === 'transfer' ? await run.inspect() : [];
      for (const { name, panels, rows } of exhibits)
        seen.push(`${name}: ${panels.length} of ${rows.labels?.length}`);
    },
  };
  const taught = await trained(METHOD, [watch]);
  const alone = await trained(labelsAlone);
  expect(valuesOf(alone, 'heads', 'reconstruct')).toEqual(valuesOf(taught, 'heads', 'reconstruct'));
  const [first = 0] = valuesOf(taught, 'transfer', 'transfer');
  const [last, without] = [taught, alone].map((run) => valuesOf(run, 'transfer', 'transfer').at(-1) ?? NaN);
  expect(last).toBeLessThan(first);
  expect(last).toBeLessThan(0.9 * (without ?? 0));

  const [batch, moving] = ['scoresBatch', 'scoresMoving'].map(
    (term) => valuesOf(taught, 'heads', term).at(-1) ?? NaN,
  );
  expect((moving ?? 0) / (batch ?? 0)).toBeGreaterThan(0.5);
  expect((moving ?? 0) / (batch ?? 0)).toBeLessThan(2);
  expect(taught.warnings).toEqual([]);
  expect(seen.slice(0, 3)).toEqual(['module1: 2 of 12', 'module2: 2 of 12', 'heads: 4 of 12']);
});

test('heads rebuild back vectors far better than their best constant', () => {
  const random = createRandom(5);
  const centres = Array.from({ length: 3 }, () =>
    [5, 6].map((width) => Array.from({ length: width }, () => random.uniform())),
  );
  // Three kinds of images: a direction each at the front and at the back, and noise.
  const batch = (): [tf.Tensor2D, tf.Tensor2D] => {
    const kinds = Array.from({ length: 24 }, (_, image) => centres[image % 3] ?? []);
    const at = (end: number): tf.Tensor2D => {
      const rows = tf.tensor2d(
        kinds.map((kind) => (kind[end] ?? []).map((value) => value + 0.05 * random.normal())),
      );
      return tf.div(rows, tf.norm(rows, 2, 1, true));
    };
    return [at(0), at(1)];
  };
  const [module] = createModules(4, [5, 6], createRandom(1));
  const { attention, estimator } = module as NonNullable<typeof module>;
  const variables = Object.values(moduleWeights([{ attention, estimator }]));
  const optimizer = tf.train.momentum(0.1, 0.9, true);
  const loss = ([front, back]: [tf.Tensor2D, tf.Tensor2D]): tf.Scalar => {
    const graphs = tf.softmax(scores(front, back, attention, 'batch'));
    return reconstruction(estimate(front, graphs, dropMask(4, 24, random), estimator), back);
  };
  for (let step = 0; step < 150; step++) optimizer.minimize(() => loss(batch()), false, variables);
  tf.tidy(() => {
    const fresh = batch();
    // No unit vector is nearer to all rows than their mean's direction.
    const constant = 1 - (tf.norm(tf.mean(fresh[1], 0)).dataSync()[0] ?? NaN);
    expect(loss(fresh).dataSync()[0]).toBeLessThan(0.5 * constant);
  });
  optimizer.dispose();
});

describe('once the transfer has begun, the run warns of heads frozen', () => {
  const epoch = (phase: string, batch: number, moving: number): never =>
    ({ phase, terms: { scoresBatch: { value: batch }, scoresMoving: { value: moving } } }) as never;
  const transfer = epoch('transfer', 0, 0);

  test('before their averages settled', () => {
    expect(reviewScores([epoch('heads', 1.9, 0.1)])).toEqual([]);
    expect(reviewScores([epoch('heads', 0.8, 0.7), transfer])).toEqual([]);
    expect(reviewScores([epoch('heads', 1.9, 0.1), transfer])).toEqual([
      expect.stringMatching(/by 0\.100 with moving .* 1\.90/),
    ]);
  });

  test('while tanh still makes every score ±1', () => {
    expect(reviewScores([epoch('heads', 4.7, 4.7), transfer])).toEqual([
      expect.stringMatching(/deviated by 4\.70; beyond 2, tanh/),
    ]);
  });
});
