import { asSchedule, constantRate, cosineRate, stepRate } from '../../src/train/schedule.js';
import type { Schedule } from '../../src/train/schedule.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

const rates = (schedule: Schedule, epochs: number, at: readonly number[]): number[] =>
  at.map((epoch) => schedule.rate({ epoch, epochs }));

function expectRates(
  schedule: Schedule,
  epochs: number,
  expected: readonly (readonly [epoch: number, rate: number])[],
): void {
  const found = rates(
    schedule,
    epochs,
    expected.map(([epoch]) => epoch),
  );
  expected.forEach(([epoch, rate], index) => {
    expect(found[index], `rate at epoch ${epoch}`).toBeCloseTo(rate, 12);
  });
}

describe('constantRate', () => {
  it('is what a number stands for', () => {
    expectRates(asSchedule(0.3), 10, [
      [0, 0.3],
      [9.9, 0.3],
    ]);
    expect(asSchedule(0.3)).toMatchObject({ name: 'constant', options: { base: 0.3 } });
    const schedule = constantRate(0.1);
    expect(asSchedule(schedule)).toBe(schedule);
  });
});

describe('cosineRate', () => {
  it('falls from base to final along half a cosine', () => {
    // 0.02 + 0.08 (1 + cos(π e / 8)) / 2: cos 0 = 1, cos π/4 = √½, cos π/2 = 0, cos π = −1.
    expectRates(cosineRate(0.1, { final: 0.02 }), 8, [
      [0, 0.1],
      [2, 0.02 + 0.04 * (1 + Math.SQRT1_2)],
      [4, 0.06],
      [8, 0.02],
    ]);
  });

  it('starts falling after the warm-up', () => {
    // Rise from 0.1 · 0.4 over two epochs, then half a cosine over the other eight.
    expectRates(cosineRate(0.4, { warmupEpochs: 2 }), 10, [
      [0, 0.04],
      [1, 0.22],
      [1.5, 0.31],
      [2, 0.4],
      [6, 0.2],
      [10, 0],
    ]);
  });

  it('never leaves its bounds, also where the warm-up is longer than the phase', () => {
    expectRates(cosineRate(0.4, { warmupEpochs: 4, warmupFrom: 0 }), 2, [
      [0, 0],
      [1, 0.1],
      [1.999, 0.1999],
    ]);
    expectRates(cosineRate(0.4), 2, [[3, 0]]);
  });
});

describe('stepRate', () => {
  it('is multiplied at each milestone', () => {
    expectRates(stepRate(1, { milestones: [2, 3.5], factor: 0.2 }), 6, [
      [0, 1],
      [1.99, 1],
      [2, 0.2],
      [3.49, 0.2],
      [3.5, 0.04],
      [5.9, 0.04],
    ]);
  });

  it('falls to a tenth by default, after a linear warm-up', () => {
    expectRates(stepRate(0.5, { milestones: [4], warmupEpochs: 1, warmupFrom: 0.5 }), 6, [
      [0, 0.25],
      [0.5, 0.375],
      [1, 0.5],
      [4, 0.05],
    ]);
  });
});

describe('schedules refuse', () => {
  it.each<[string, () => Schedule, string]>([
    [
      'milestones that do not rise',
      () => stepRate(1, { milestones: [3, 3] }),
      'stepRate.milestones: expected rising epochs, got [3,3].',
    ],
    [
      'a milestone that is no number',
      () => stepRate(1, { milestones: [NaN] }),
      'stepRate.milestones: expected rising epochs',
    ],
    [
      'a base that is no number',
      () => cosineRate(NaN),
      'cosineRate.base: expected a number of at least 0, got NaN.',
    ],
    [
      'a negative base',
      () => constantRate(-1),
      'constantRate.base: expected a number of at least 0, got -1.',
    ],
    [
      'a negative final rate',
      () => cosineRate(1, { final: -1 }),
      'cosineRate.final: expected a number of at least 0, got -1.',
    ],
    [
      'a negative factor',
      () => stepRate(1, { milestones: [], factor: -1 }),
      'stepRate.factor: expected a number of at least 0, got -1.',
    ],
    [
      'a negative warm-up',
      () => cosineRate(1, { warmupEpochs: -1 }),
      'cosineRate.warmupEpochs: expected a number of at least 0, got -1.',
    ],
    [
      'a warm-up from nowhere',
      () => stepRate(1, { milestones: [], warmupFrom: NaN }),
      'stepRate.warmupFrom: expected a number of at least 0, got NaN.',
    ],
  ])('%s', async (_, make, message) => {
    const error = await caught(make);
    expect(error.code).toBe('option');
    expect(error.message).toContain(message);
  });
});
