import * as tf from '@tensorflow/tfjs-core';
import {
  checkpoints,
  createRandom,
  distill,
  memoryStore,
  resolveEngine,
  sgd,
  stepRate,
} from '@distilljs/core';
import type { Callback, DistillOptions, DistillResult } from '@distilljs/core';
import { bytesOf, tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { beforeAll, expect, test } from 'vitest';
import { createSensingPoints, sketched } from '../src/compression/index.js';
import type { SensingPoint } from '../src/compression/index.js';
import { mhgd } from '../src/index.js';
import { planned, stepOn } from './planned.js';

beforeAll(async () => {
  await resolveEngine('wasm');
});

const SMALL = { heads: 2, headEpochs: 2 };

function setup(changes: Partial<DistillOptions> = {}): DistillOptions {
  return {
    teacher: tinyNetwork(1, { width: 6 }),
    students: [tinyNetwork(2, { width: 6 })],
    method: mhgd(SMALL),
    train: tinyDataset(48, 1),
    epochs: 2,
    batchSize: 12,
    seed: 1,
    ...changes,
  };
}

test('phase heads has 1,000 steps where 40 % of the epochs are fewer', async () => {
  const { plan } = await planned(mhgd(), { epochs: 100 });
  expect(plan.phases[0]?.epochs).toBe(1000);
});

test('heads of wide maps see a projection of them, unless the phase is long enough for all channels', async () => {
  const inputs = async (options: object, epochs = 2): Promise<number | undefined> => {
    const { plan } = await planned(mhgd({ ...SMALL, ...options }), { epochs, teacherWidth: 40 });
    return plan.auxiliary['module1/theta/kernel']?.shape[0];
  };
  // stage2 of the teacher has 80 channels.
  expect(await inputs({})).toBe(64);
  expect(await inputs({ headEpochs: 'auto' }, 6200)).toBe(64);
  expect(await inputs({ headEpochs: 'auto' }, 6300)).toBe(80);
  expect(await inputs({ headEpochs: 2500 })).toBe(80);
  expect(await inputs({ headInputs: 'all' })).toBe(80);
  expect(await inputs({ headInputs: 10 })).toBe(10);
});

test('projected vectors have about the angles that they had, and gradients reach the student through them', async () => {
  const run = await planned(mhgd({ ...SMALL, headInputs: 16 }), { teacherWidth: 40 });
  stepOn(run, 0);
  const gradients = stepOn(run, 1, 'transfer');
  expect(tf.tidy(() => tf.norm(gradients['stem_conv/kernel'] as tf.Tensor).dataSync()[0])).toBeGreaterThan(
    1e-6,
  );
  tf.dispose(Object.values(gradients));
  const rows = tf.tidy(() => {
    const draws = tf.randomUniform<tf.Rank.R2>([20, 1280], 0, 1, 'float32', 1);
    return tf.div<tf.Tensor2D>(draws, tf.norm(draws, 'euclidean', 1, true));
  });
  const pair = {
    studentTap: '',
    teacherTap: '',
    studentChannels: 8,
    studentSize: [2, 2] as const,
    studentPositions: 4,
    teacherPositions: 4,
  };
  const points = createSensingPoints([{ ...pair, channels: 1280 }], createRandom(1), 64);
  const found = sketched(rows, points[0] as SensingPoint);
  expect(found.shape).toEqual([20, 64]);
  const cosines = (of: tf.Tensor2D): tf.Tensor => tf.matMul(of, of, false, true);
  const gap = tf.tidy(() => tf.max(tf.abs(tf.sub(cosines(rows), cosines(found)))).dataSync()[0]);
  // Cosines of 0.75, to (1 − 0.75²) / √64 = 0.055 each; three deviations.
  expect(gap).toBeLessThan(0.17);
});

test("a student's maps of twice the teacher's size are averaged to it", async () => {
  const taps = { studentTaps: ['stem', 'stage1'], teacherTaps: ['stage2', 'stage3'] };
  const run = await planned(mhgd({ ...SMALL, ...taps }), { width: 12 });
  const equal = await planned(
    mhgd({ ...SMALL, studentTaps: ['stage2', 'stage3'], teacherTaps: taps.teacherTaps }),
  );
  // Twelve channels everywhere, no projection: the same sizes cost the same.
  expect(run.plan.cost.trainMacs).toBe(equal.plan.cost.trainMacs);
  stepOn(run, 0);
  const gradients = stepOn(run, 1, 'transfer');
  expect(tf.tidy(() => tf.norm(gradients['stem_conv/kernel'] as tf.Tensor).dataSync()[0])).toBeGreaterThan(
    1e-6,
  );
  tf.dispose(Object.values(gradients));
});

test('phase heads comes on top: transfer has all epochs of the run, with the rates of its schedule', async () => {
  const rates = stepRate(0.1, { milestones: [30, 60, 80] });
  const { plan } = await planned(mhgd({ headEpochs: 40 }), {
    epochs: 100,
    optimizer: sgd({ learningRate: rates }),
  });
  const [heads, transfer] = plan.phases;
  expect(plan.phases.map(({ name, epochs }) => [name, epochs])).toEqual([
    ['heads', 40],
    ['transfer', 100],
  ]);
  const rateAt = (phase: typeof heads, epoch: number): number => {
    const optimizer = phase?.updates[0]?.optimizer.create({ w: tf.variable(tf.scalar(0)) });
    const rate = optimizer?.learningRate({ epoch, epochs: phase?.epochs ?? 0 }) ?? NaN;
    optimizer?.dispose();
    return rate;
  };
  // Global epochs 0, 39 | 40, 69, 70, 99, 100, 119, 120, 139.
  expect([0, 39].map((epoch) => rateAt(heads, epoch))).toEqual([0.1, 0.1]);
  [0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 1e-4, 1e-4].forEach((rate, index) => {
    expect(rateAt(transfer, [0, 29, 30, 59, 60, 79, 80, 99][index] ?? 0)).toBeCloseTo(rate, 10);
  });
  expect(heads?.updates[0]?.optimizer.options).toMatchObject({
    momentum: 0.9,
    nesterov: true,
    weightDecay: 1e-3,
  });
});

test('phase heads moves heads, estimators and their averages alone; phase transfer the student alone', async () => {
  const run = await planned(mhgd(SMALL));
  const moved = (phase: number): { student: boolean; auxiliary: string[] } => {
    const before = bytesOf({ ...run.student.variables, ...run.student.statistics });
    const values = new Map(Object.entries(run.plan.auxiliary).map(([name, v]) => [name, bytesOf({ v })]));
    stepOn(run, phase);
    const after = bytesOf({ ...run.student.variables, ...run.student.statistics });
    return {
      student: !equal(before, after),
      auxiliary: Object.entries(run.plan.auxiliary)
        .filter(([name, v]) => !equal(values.get(name) ?? new Uint8Array(), bytesOf({ v })))
        .map(([name]) => name),
    };
  };
  const heads = moved(0);
  expect(heads.student).toBe(false);
  expect(heads.auxiliary).toEqual(Object.keys(run.plan.auxiliary));
  expect(moved(1)).toEqual({ student: true, auxiliary: [] });
});

test('the transfer gradient reaches every convolution before the last tap, and not the classifier', async () => {
  const run = await planned(mhgd(SMALL));
  stepOn(run, 0);
  const gradients = stepOn(run, 1, 'transfer');
  const sizes = Object.fromEntries(
    Object.entries(gradients).map(([name, g]) => [name, tf.tidy(() => tf.norm(g).dataSync()[0] ?? 0)]),
  );
  for (const name of ['stem_conv', 'stage1_conv', 'stage2_conv', 'stage3_conv'])
    expect(sizes[`${name}/kernel`], name).toBeGreaterThan(1e-6);
  expect(Object.keys(sizes).filter((name) => name.startsWith('logits'))).toEqual([]);
  tf.dispose(Object.values(gradients));
});

test('where channel counts differ a projection is learned with the student', async () => {
  const run = await planned(mhgd(SMALL), { width: 4 });
  const names = Object.keys(run.plan.phases[1]?.updates[0]?.variables ?? {}).filter((n) =>
    n.startsWith('proj'),
  );
  expect(names).toEqual(
    [1, 2, 3].flatMap((point) => ['kernel', 'gamma', 'beta'].map((part) => `projection${point}/${part}`)),
  );
  stepOn(run, 0);
  const before = bytesOf(run.plan.auxiliary);
  stepOn(run, 1);
  expect(equal(before, bytesOf(run.plan.auxiliary))).toBe(false);
  // (4 + 2) · 6 + 2 · (8 + 2) · 12 of the projections, heads and estimators of 6 → 12 → 12 channels:
  // D 9: 2 · 9 · (6 + 12) + 4 · 18 and 6 · 9 + 2 · 9 + 2 · 9 · 12 + 12; D 12: 2 · 12 · 24 + 4 · 24 and 12 · 12 + 24 + 24 · 12 + 12.
  expect(run.plan.cost.trainParameters).toBe(36 + 240 + (324 + 72 + 300) + (576 + 96 + 468));
  expect(run.plan.cost.inferenceParameters).toBe(0);
});

test.each([
  ['heads', 3],
  ['transfer', 11],
])('a run that is stopped in phase %s goes on to the same bytes', async (phase, stopAt) => {
  const whole = await distill(setup());
  const store = memoryStore();
  const stop = new AbortController();
  const kill: Callback = {
    name: 'kill',
    step: (report, { done }) => {
      if (done !== stopAt) return;
      expect(report.phase).toBe(phase);
      stop.abort();
    },
  };
  const stopped = await distill(setup({ callbacks: [checkpoints(store), kill], signal: stop.signal }));
  expect(stopped.stopped?.reason).toBe('aborted');
  const resumed = await distill(
    setup({ students: [tinyNetwork(50, { width: 6 })], callbacks: [checkpoints(store)] }),
  );
  const weights = (result: DistillResult): Uint8Array[] => result.students.map(weightBytes);
  expect(weights(resumed)).toEqual(weights(whole));
  for (const result of [whole, stopped, resumed]) result.dispose();
});

test('taps must be feature maps, two or more, as many of each network', async () => {
  const refused = (studentTaps: string[], teacherTaps: string[]): Promise<unknown> =>
    planned(mhgd({ ...SMALL, studentTaps, teacherTaps }));
  await expect(refused(['stage1'], ['stage1'])).rejects.toThrow(
    /mhgd\.studentTaps .*at least two.*got 1 and 1/,
  );
  await expect(refused(['stage1', 'stage2'], ['stage1', 'stage2', 'stage3'])).rejects.toThrow(/got 2 and 3/);
  await expect(refused(['stage1', 'embedding'], ['stage1', 'stage2'])).rejects.toThrow(
    /mhgd\.studentTaps: tap 'embedding' of network .*: expected a feature map/,
  );
  await expect(refused(['stage2', 'stage1'], ['stage1', 'stage2'])).rejects.toThrow(
    /mhgd\.studentTaps, network '.*': expected feature maps from front to back, each once, got 'stage2' before 'stage1'/,
  );
  await expect(refused(['stage1', 'stage2'], ['stage1', 'stage1'])).rejects.toThrow(
    /mhgd\.teacherTaps, .*got 'stage1' again/,
  );
});

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
