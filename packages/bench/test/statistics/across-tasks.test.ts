import { describe, expect, it } from 'vitest';
import { acrossTasks } from '../../src/statistics/index.js';
import type { TaskScores } from '../../src/statistics/index.js';
import { meanRanks, wilcoxonP } from '../../src/statistics/wilcoxon.js';

/** Accuracies per method, a list per task: by seed. */
function tasksOf(methods: Readonly<Record<string, readonly (readonly number[])[]>>): TaskScores[] {
  const count = Math.max(...Object.values(methods).map((byTask) => byTask.length));
  return Array.from({ length: count }, (_, task) => ({
    task: `t${task}`,
    methods: Object.entries(methods).flatMap(([method, byTask]) => {
      const values = byTask[task];
      return values === undefined ? [] : [{ method, accuracies: Object.fromEntries(values.entries()) }];
    }),
  }));
}

describe('wilcoxonP', () => {
  // scipy 1.17.1 `wilcoxon(x, method='exact')`; the third, with ties and a zero, by counting all signs; the last
  // `method='approx', correction=False`.
  it.each([
    [[0.5, -1.5, 2.5, 3.5, 4.5], 0.1875],
    [[1, 2, 3, 4, 5, 6], 0.03125],
    [[1, -1, 2, 2, -3, 5, 0], 0.5],
    [[0.3, -0.2, 0.1, 0.9, -0.4, 0.5, 0.6, 1.1], 0.109375],
    [Array.from({ length: 60 }, (_, at) => (((at * 37) % 61) - 25) / 10), 0.0393246482200441],
  ])('of %j is %d', (differences, p) => {
    expect(wilcoxonP(differences)).toBeCloseTo(p, 10);
    expect(wilcoxonP(differences.map((difference) => -difference))).toBeCloseTo(p, 10);
  });

  it('gives no result for fewer than two differences', () => {
    expect(wilcoxonP([])).toBeNull();
    expect(wilcoxonP([0, 0.4, 0])).toBeNull();
  });
});

it('ranks are shared by equals', () => {
  expect(meanRanks([3, 5, 3, 1])).toEqual([2.5, 1, 2.5, 4]);
});

describe('acrossTasks', () => {
  const always = tasksOf({
    kd: [[0.5], [0.6], [0.7]],
    mhgd: [
      [0.6, 0.7],
      [0.62, 0.66],
      [0.9, 0.7],
    ],
  });

  it('gives ranks, wins, differences, and ratings of one that always wins', () => {
    const { methods, pairs, omitted } = acrossTasks(always);
    expect(methods.map(({ method, wins, ties, losses }) => ({ method, wins, ties, losses }))).toEqual([
      { method: 'mhgd', wins: 3, ties: 0, losses: 0 },
      { method: 'kd', wins: 0, ties: 0, losses: 3 },
    ]);
    expect(methods.map(({ meanRank }) => meanRank)).toEqual([
      { value: 1, ci95: [1, 1] },
      { value: 2, ci95: [2, 2] },
    ]);
    // Three wins and the tie that is added: odds of 3.5 to 0.5.
    const half = 200 * Math.log10(7);
    expect(methods[0]?.elo.value).toBeCloseTo(1000 + half, 6);
    expect(methods[1]?.elo.value).toBeCloseTo(1000 - half, 6);
    expect(methods[0]?.mean).toBeCloseTo((0.65 + 0.64 + 0.8) / 3, 12);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ first: 'mhgd', second: 'kd', wins: 3, ties: 0, losses: 0 });
    expect(pairs[0]?.difference.value).toBeCloseTo((0.15 + 0.04 + 0.1) / 3, 12);
    // In the third task one of two trainings only equals that of kd.
    expect(pairs[0]?.improvement.value).toBeCloseTo((1 + 1 + 0.75) / 3, 12);
    // Three signs of three, or none: 2 of 8.
    expect(pairs[0]?.p).toBeCloseTo(0.25, 12);
    expect(pairs[0]?.correctedP).toBeCloseTo(0.25, 12);
    expect(omitted).toEqual([]);
  });

  it('has intervals around its values, the same for the same seed', () => {
    const methods = {
      a: [[0.5], [0.7], [0.4], [0.9]],
      b: [[0.6], [0.5], [0.5], [0.8]],
      c: [[0.1], [0.9], [0.5], [0.3]],
    };
    const found = acrossTasks(tasksOf(methods));
    expect(acrossTasks(tasksOf(methods))).toEqual(found);
    for (const { value, ci95 } of found.methods.flatMap(({ meanRank, elo }) => [meanRank, elo])) {
      expect(ci95?.[0]).toBeLessThan(value);
      expect(ci95?.[1]).toBeGreaterThan(value);
    }
    expect(found.methods.reduce((sum, { elo }) => sum + elo.value, 0)).toBeCloseTo(3000, 6);
    expect(found.pairs.map(({ correctedP, p }) => (correctedP ?? 0) >= (p ?? 1))).toEqual([true, true, true]);
  });

  it('rates equals alike, and ties are neither won nor lost', () => {
    const { methods, pairs } = acrossTasks(tasksOf({ a: [[0.1 + 0.2], [0.5]], b: [[0.3], [0.5]] }));
    expect(methods.map(({ elo, meanRank, ties }) => [elo.value, meanRank.value, ties])).toEqual([
      [1000, 1.5, 2],
      [1000, 1.5, 2],
    ]);
    expect(pairs[0]).toMatchObject({ wins: 0, ties: 2, losses: 0, p: null, correctedP: null });
    expect(pairs[0]?.improvement.value).toBe(0.5);
  });

  it('gives differences of equal size the same rank, whatever their rounding', () => {
    // Points: +3, −2, +1, 0, +4, −1, +1, −2. Of the 2⁷ signs of seven, 44 split the ranks as unevenly on either side.
    const a = [[0.63], [0.48], [0.52], [0.7], [0.44], [0.59], [0.81], [0.28]];
    const b = [[0.6], [0.5], [0.51], [0.7], [0.4], [0.6], [0.8], [0.3]];
    expect(acrossTasks(tasksOf({ a, b })).pairs[0]?.p).toBeCloseTo(0.6875, 12);
  });

  it('names methods that are not in every task, and leaves them out', () => {
    const { methods, omitted } = acrossTasks(tasksOf({ a: [[0.5], [0.6]], b: [[0.4], [0.7]], c: [[0.9]] }));
    expect(methods.map(({ method }) => method).sort()).toEqual(['a', 'b']);
    expect(omitted).toEqual(['Ranks and pairs over all tasks leave out c: not ranked in t1.']);
  });

  it('gives no intervals for one task, and nothing for none', () => {
    const { methods, pairs } = acrossTasks(tasksOf({ a: [[0.5]], b: [[0.4]] }));
    expect(methods.map(({ meanRank }) => meanRank)).toEqual([
      { value: 1, ci95: null },
      { value: 2, ci95: null },
    ]);
    expect(pairs[0]?.p).toBeNull();
    expect(acrossTasks([])).toEqual({ tasks: [], methods: [], pairs: [], omitted: [] });
  });
});
