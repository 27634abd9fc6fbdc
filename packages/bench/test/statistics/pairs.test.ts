import { readFileSync } from 'node:fs';
import { createRandom } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import {
  comparePairs,
  detectableDifference,
  hierarchicalIntervals,
  pooledPower,
  powerOf,
  seedsFor,
} from '../../src/statistics/index.js';
import { wilcoxonP } from '../../src/statistics/wilcoxon.js';
import type { PairedMethod } from '../../src/statistics/index.js';

type Triple = readonly [number, number, number];
const fixture = JSON.parse(readFileSync(new URL('fixtures/statistics.json', import.meta.url), 'utf8')) as {
  readonly power: readonly (readonly [...Triple, number])[];
  readonly detectable: readonly Triple[];
  readonly seeds: readonly Triple[];
  readonly hedges: number;
  readonly wilcoxon: readonly (readonly [readonly number[], number])[];
};

const A = [0.7012, 0.6985, 0.7054, 0.6991, 0.7033];
const B = [0.6951, 0.696, 0.6978, 0.6942, 0.6999];
const named = (method: string, accuracies: readonly number[]): PairedMethod => ({
  method,
  accuracies: new Map(accuracies.map((value, seed) => [seed, value])),
});

describe('the power of a paired t-test', () => {
  it.each(fixture.power)(
    'of a difference of %f at deviation %f over %i seeds is scipy’s',
    (...[difference, sd, seeds, power]) => {
      expect(powerOf(difference, sd, seeds)).toBeCloseTo(power, 6);
    },
  );
  it.each(fixture.detectable)(
    'reaches 0.8 where scipy says: deviation %f, %i seeds',
    (sd, seeds, difference) => {
      expect(detectableDifference(sd, seeds) / difference).toBeCloseTo(1, 5);
    },
  );
  it.each(fixture.seeds)(
    'takes as many seeds as scipy says: difference %f, deviation %f',
    (difference, sd, seeds) => {
      expect(seedsFor(difference, sd)).toBe(seeds);
    },
  );
  it('is 1 for what nobody could miss', () => {
    expect(powerOf(0.5, 1e-6, 3)).toBe(1);
    expect(detectableDifference(0, 5)).toBe(0);
  });
});

describe('pairs of methods', () => {
  it('say who won, by how much, and what could have been seen', () => {
    const [pair, ...others] = comparePairs([named('a', A), named('b', B)]);
    expect(others).toEqual([]);
    expect(pair).toMatchObject({
      first: 'a',
      second: 'b',
      wins: 5,
      ties: 0,
      losses: 0,
      ci95WithImages: null,
    });
    expect(pair?.effect).toBeCloseTo(fixture.hedges, 9);
    expect(pair?.p).toBeCloseTo(0.005862359887379463, 10);
    expect(pair?.correctedP).toBe(pair?.p);
    expect(pair?.power?.seedsForOnePoint).toBe(3);
  });

  it('are corrected for one another', () => {
    const pairs = comparePairs([named('a', A), named('b', B), named('c', [0.6, 0.59, 0.62, 0.61, 0.6])]);
    expect(pairs.map(({ first, second }) => `${first}${second}`)).toEqual(['ab', 'ac', 'bc']);
    const [ab] = pairs;
    expect(ab?.correctedP).toBeCloseTo(0.005862359887379463, 10);
    expect(pairs[1]?.correctedP).toBeCloseTo(3 * (pairs[1]?.p ?? 0), 12);
  });

  it('of two seeds have a test, but no unbiased effect size', () => {
    const [pair] = comparePairs([named('a', [0.71, 0.72]), named('b', [0.6, 0.62])]);
    expect(pair?.p).toBeLessThan(0.05);
    expect(pair?.effect).toBeNull();
  });

  it('of one seed, or of equal differences, have neither test nor power', () => {
    const pairs = comparePairs([named('a', [0.7]), named('b', [0.6])]);
    expect(pairs).toMatchObject([{ p: null, correctedP: null, effect: null, power: null, wins: 1 }]);
    expect(pooledPower(pairs, 2, 1)).toBeNull();
    expect(comparePairs([named('a', [0.5, 0.5]), named('b', [0.5, 0.5])])).toMatchObject([
      { ties: 2, p: null },
    ]);
  });

  it('pool their deviations, and count the trainings and hours of more seeds', () => {
    const wide = [0.6, 0.65, 0.62, 0.71, 0.6];
    const pairs = comparePairs([named('a', A), named('b', B), named('c', wide)]);
    const power = pooledPower(pairs, 3, 0.5);
    const pooled = Math.sqrt(pairs.reduce((sum, pair) => sum + (pair.power?.sd ?? 0) ** 2, 0) / 3);
    expect(power?.sd).toBeCloseTo(pooled, 12);
    const seeds = seedsFor(0.01, pooled);
    expect(power).toMatchObject({ seeds: 5, seedsForOnePoint: seeds, moreTrainings: 3 * (seeds - 5) });
    expect(power?.moreHours).toBeCloseTo((seeds - 5) * 0.5, 12);
  });
});

describe('intervals over seeds and test images', () => {
  const random = createRandom(5);
  const ofMethod = (bias: number): number[][] =>
    Array.from({ length: 4 }, () =>
      Array.from({ length: 200 }, () => (random.uniform() < 0.6 + bias ? 1 : 0)),
    );
  const [a, b] = [ofMethod(0.1), ofMethod(0)];

  it('hold the difference, turn with the pair, and repeat', () => {
    const [low, high] = hierarchicalIntervals([a, b])(0, 1);
    const mean = (rows: number[][]): number => rows.flat().reduce((sum, value) => sum + value, 0) / 800;
    expect(low).toBeLessThan(mean(a) - mean(b));
    expect(high).toBeGreaterThan(mean(a) - mean(b));
    expect(hierarchicalIntervals([a, b])(1, 0)).toEqual([-high, -low]);
    expect(hierarchicalIntervals([a, b])(0, 1)).toEqual([low, high]);
    expect(hierarchicalIntervals([a, b])(0, 0)).toEqual([0, 0]);
  });

  it('are wider than intervals over seeds where there are few images', () => {
    // Every seed gets the same 30 images right that the other method gets wrong, and the other way round for 20.
    const first = Array.from({ length: 5 }, () =>
      Array.from({ length: 100 }, (_, at) => (at < 30 ? 1 : at < 50 ? 0 : 1)),
    );
    const second = Array.from({ length: 5 }, () => Array.from({ length: 100 }, (_, at) => (at < 30 ? 0 : 1)));
    const accuracies = (rows: number[][]): Map<number, number> =>
      new Map(rows.map((row, seed) => [seed, row.reduce((sum, value) => sum + value, 0) / row.length]));
    const correct = (rows: number[][]): Map<number, number[]> =>
      new Map(rows.map((row, seed) => [seed, row]));
    const [pair] = comparePairs([
      { method: 'a', accuracies: accuracies(first), correct: correct(first) },
      { method: 'b', accuracies: accuracies(second), correct: correct(second) },
    ]);
    expect(pair?.mean).toBeCloseTo(0.1, 12);
    // The seeds do not differ, which says nothing about others.
    expect(pair?.ci95).toBeNull();
    // A binomial of differences: variance (0.5 − 0.1²) / 100, so ±1.96 · 0.07.
    expect((pair?.ci95WithImages?.[1] ?? 0) - 0.1).toBeGreaterThan(0.11);
    expect((pair?.ci95WithImages?.[1] ?? 0) - 0.1).toBeLessThan(0.17);
  });
});

describe('Wilcoxon’s signed-rank test', () => {
  it.each(fixture.wilcoxon)('of %j is the count over all signs', (differences, p) => {
    expect(wilcoxonP(differences)).toBeCloseTo(p, 12);
  });
});
