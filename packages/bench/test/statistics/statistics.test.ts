import { isDistillError } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { comparePaired, holmAdjusted, secondsPerEpoch, summarize } from '../../src/statistics/index.js';

// Reference numbers: numpy 1.24 mean and std(ddof=1), scipy 1.10 stats.t.ppf(0.975, n - 1) and stats.ttest_rel.
const A = [0.7012, 0.6985, 0.7054, 0.6991, 0.7033];
const B = [0.6951, 0.696, 0.6978, 0.6942, 0.6999];

const bySeed = (values: readonly number[]): Map<number, number> =>
  new Map(values.map((value, seed) => [seed, value]));

describe('summarize', () => {
  it('agrees with scipy at n = 5', () => {
    const { n, mean, sd, ci95 } = summarize(A);
    expect(n).toBe(5);
    expect(mean).toBeCloseTo(0.7015, 12);
    expect(sd).toBeCloseTo(0.0028853076092507013, 12);
    expect(ci95?.[0]).toBeCloseTo(0.6979174174178501, 10);
    expect(ci95?.[1]).toBeCloseTo(0.70508258258215, 10);
  });

  it('agrees with scipy at n = 2 and n = 3', () => {
    expect(summarize(A.slice(0, 2)).sd).toBeCloseTo(0.0019091883092037035, 12);
    expect(summarize(A.slice(0, 2)).ci95?.[1]).toBeCloseTo(0.7170033763941837, 10);
    expect(summarize(A.slice(0, 3)).ci95?.[0]).toBeCloseTo(0.6930624849249175, 10);
  });

  it('gives no deviation for one value, and 0 for equal ones', () => {
    expect(summarize([0.7])).toEqual({ n: 1, mean: 0.7, sd: null, ci95: null });
    expect(summarize([0.5, 0.5, 0.5])).toEqual({ n: 3, mean: 0.5, sd: 0, ci95: [0.5, 0.5] });
  });

  it.each([
    [[], 'option'],
    [[0.5, Number.NaN], 'numeric'],
  ] as const)('refuses %j', (values, code) => {
    let failure: unknown;
    try {
      summarize(values);
    } catch (error) {
      failure = error;
    }
    expect(isDistillError(failure) && failure.code).toBe(code);
  });
});

describe('comparePaired', () => {
  it('agrees with scipy at n = 5', () => {
    const comparison = comparePaired(bySeed(A), bySeed(B));
    expect(comparison?.seeds).toEqual([0, 1, 2, 3, 4]);
    expect(comparison?.mean).toBeCloseTo(0.0049, 12);
    expect(comparison?.ci95?.[0]).toBeCloseTo(0.002359894117883722, 10);
    expect(comparison?.ci95?.[1]).toBeCloseTo(0.007440105882116355, 10);
    expect(comparison?.p).toBeCloseTo(0.005862359887379463, 10);
  });

  it('agrees with scipy at n = 2, and at n = 3 with the sign turned', () => {
    expect(comparePaired(bySeed(A.slice(0, 2)), bySeed(B))?.p).toBeCloseTo(0.25238235947963056, 10);
    const turned = comparePaired(bySeed(B.slice(0, 3)), bySeed(A));
    expect(turned?.mean).toBeLessThan(0);
    expect(turned?.p).toBeCloseTo(0.070346260226779, 10);
  });

  it('looks at common seeds only', () => {
    const first = new Map([
      [7, 0.9],
      [3, 0.5],
      [1, 0.1],
    ]);
    const second = new Map([
      [3, 0.25],
      [7, 0.5],
      [9, 0],
    ]);
    expect(comparePaired(first, second)).toMatchObject({ seeds: [3, 7], mean: 0.325 });
    expect(comparePaired(first, new Map([[2, 1]]))).toBeNull();
  });

  it('gives no p where there can be no test', () => {
    expect(comparePaired(new Map([[1, 0.5]]), new Map([[1, 0.25]]))).toEqual({
      seeds: [1],
      mean: 0.25,
      ci95: null,
      p: null,
    });
    expect(comparePaired(bySeed(A), bySeed(A))).toMatchObject({ mean: 0, ci95: null, p: null });
    // 0.7 − 0.6 and 0.3 − 0.2 differ by rounding alone.
    expect(comparePaired(bySeed([0.7, 0.3]), bySeed([0.6, 0.2]))).toMatchObject({ ci95: null, p: null });
  });
});

describe('holmAdjusted', () => {
  const rounded = (...ps: number[]): number[] => holmAdjusted(ps).map((p) => Number(p.toFixed(12)));

  it('multiplies the smallest by all, the next by one less, and keeps the order', () => {
    // 4 · 0.005, 3 · 0.01, 2 · 0.03, and 1 · 0.04, which may not fall below the one before it. As p.adjust of R.
    expect(rounded(0.01, 0.04, 0.03, 0.005)).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('stays at or below 1, and leaves a single test alone', () => {
    expect(rounded(0.6, 0.02, 0.9)).toEqual([1, 0.06, 1]);
    expect(rounded(0.03)).toEqual([0.03]);
    expect(rounded()).toEqual([]);
    expect(rounded(0.02, 0.02)).toEqual([0.04, 0.04]);
  });
});

describe('secondsPerEpoch', () => {
  const epochsOf = (phase: string, ...seconds: number[]): EpochReport[] =>
    seconds.map((each, epoch) => ({
      ...{ phase, epoch, globalEpoch: epoch, steps: 1, learningRate: {}, terms: {}, trainAccuracy: [] },
      validation: [],
      seconds: each,
    }));

  it('leaves a first epoch that compiles, and a night in which the machine slept, out of the method’s cost', () => {
    expect(secondsPerEpoch(epochsOf('train', 9, 2, 2, 30_000, 2))).toBe(2);
  });

  it('weighs phases of unlike cost by their epochs', () => {
    expect(secondsPerEpoch([...epochsOf('heads', 1, 1), ...epochsOf('transfer', 4, 4, 4, 4)])).toBe(3);
    expect(secondsPerEpoch([])).toBe(0);
  });
});
