import { describe, expect, it } from 'vitest';
import { pairEvidence, replayRace } from '../../src/statistics/index.js';
import { RACES, raceErrors } from './race.js';

const racer = (method: string, accuracies: readonly number[], diverged: readonly number[] = []) => ({
  method,
  diverged,
  accuracies: new Map(accuracies.map((accuracy, seed) => [seed, accuracy])),
});

describe('evidence of a difference', () => {
  it('follows its formula', () => {
    // Mean 2, variance 1, n = 3: t² = 12, ν = 2; 1 + 3 · 4 = 13: 13^(−1/2) · (7 / (1 + 12 / 26))^(3/2).
    expect(pairEvidence([1, 2, 3])).toBeCloseTo(13 ** -0.5 * (7 / (1 + 12 / 26)) ** 1.5, 12);
    expect(pairEvidence([-1, -2, -3])).toBeCloseTo(pairEvidence([1, 2, 3]), 12);
    // Scale changes nothing.
    expect(pairEvidence([0.01, 0.02, 0.03])).toBeCloseTo(pairEvidence([1, 2, 3]), 10);
  });

  it('is none for one difference or a mean of 0, and has a bound for equal differences', () => {
    expect([pairEvidence([5]), pairEvidence([1, -1]), pairEvidence([0, 0, 0])]).toEqual([1, 1, 1]);
    // t is infinite: (1 + nγ)^((n − 1) / 2).
    expect(pairEvidence([1, 1, 1])).toBeCloseTo(13, 10);
    // One image of 100 more in three seeds is no certainty.
    expect(pairEvidence([0.01, 0.01, 0.01], 0.01)).toBeLessThan(10);
  });
});

describe('a race', () => {
  const close = [0.7, 0.71, 0.69, 0.7, 0.72, 0.7];
  const good = [0.71, 0.7, 0.7, 0.69, 0.71, 0.71];
  const bad = [0.5, 0.52, 0.49, 0.5, 0.51, 0.5];

  it('asks for the next seed of those that are left', () => {
    const rule = { level: 0.05 };
    expect(replayRace([racer('a', []), racer('b', [])], [0, 1], rule).next).toEqual({
      seed: 0,
      methods: ['a', 'b'],
    });
    expect(replayRace([racer('a', [0.7]), racer('b', [])], [0, 1], rule).next).toEqual({
      seed: 0,
      methods: ['b'],
    });
    const state = replayRace(
      [racer('a', close), racer('b', good), racer('bad', bad.slice(0, 4))],
      range(8),
      rule,
    );
    expect(state).toMatchObject({ left: ['a', 'b'], next: { seed: 6, methods: ['a', 'b'] } });
    expect(state.dropped).toMatchObject([{ method: 'bad', seed: 3, seeds: 4, needed: 60 }]);
    expect(state.dropped[0]?.evidence).toBeGreaterThan(60);
  });

  it('ends in a winner, or in a tie when all seeds are used', () => {
    const winner = replayRace([racer('a', close), racer('bad', bad)], range(6), { level: 0.05 });
    expect(winner).toMatchObject({ left: ['a'], next: undefined });
    const tie = replayRace([racer('a', close), racer('b', good)], range(6), { level: 0.05 });
    expect(tie).toMatchObject({ left: ['a', 'b'], dropped: [], next: undefined, seeds: range(6) });
  });

  it('drops a method that diverged, and takes no other seed for its', () => {
    const state = replayRace([racer('a', close), racer('b', good), racer('c', [0.9], [1])], range(6), {
      level: 0.05,
    });
    expect(state.dropped).toMatchObject([{ method: 'c', seed: 1, by: null, difference: null }]);
  });
});

// `npm run simulate` prints all settings; docs/statistics.md has its figures.
describe('2,000 simulated races', { timeout: 300_000 }, () => {
  it.each(RACES.filter(({ name }) => /^7 equally|^one best by 0/.test(name)))(
    'drop a best method and name a wrong winner in at most 5 %: $name',
    (setting) => {
      const { bestDropped, wrongWinner } = raceErrors(setting, 2000);
      expect(bestDropped).toBeLessThanOrEqual(0.05);
      expect(wrongWinner).toBeLessThanOrEqual(0.05);
    },
  );

  it('find the best where it is better by two deviations, with a fraction of all trainings', () => {
    const found = raceErrors(
      RACES.find(({ name }) => name === 'one best by 1 point') as (typeof RACES)[0],
      300,
    );
    expect(found.rightWinner).toBeGreaterThan(0.6);
    expect(found.trainings).toBeLessThan(0.75);
  });
});

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at);
}
