import { expect, it } from 'vitest';
import { withAdded } from './added-report.mjs';
import { sourceOf } from './tables.mjs';

const mean = (/** @type {readonly number[]} */ values) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
/** Enough of the bench's statistics to see what they are asked for. */
const statistics = {
  summarize: (/** @type {readonly number[]} */ values) => ({
    n: values.length,
    mean: mean(values),
    sd: null,
    ci95: null,
  }),
  comparePaired(
    /** @type {ReadonlyMap<number, number>} */ first,
    /** @type {ReadonlyMap<number, number>} */ second,
  ) {
    const seeds = [...first.keys()].filter((seed) => second.has(seed));
    return {
      mean: mean(seeds.map((seed) => (first.get(seed) ?? 0) - (second.get(seed) ?? 0))),
      ci95: null,
      p: null,
    };
  },
};

/** @param {Readonly<Record<string, Readonly<Record<number, number>>>>} accuracies by method and seed */
const reportOf = (accuracies, changes = {}) => ({
  schema: 1,
  config: {
    methods: Object.keys(accuracies).map((as) => ({ name: as, as })),
    seeds: Object.keys(Object.values(accuracies)[0] ?? {}).map(Number),
    ...{ student: { model: 'plain8' }, epochs: 10, batchSize: 64 },
  },
  engine: { name: 'wasm' },
  teacher: { model: 'plain16', testAccuracy: 0.75 },
  rows: Object.entries(accuracies).map(([method, by]) => ({
    method,
    testAccuracyLast: statistics.summarize(Object.values(by)),
    deltaVsKd: null,
    deltaVsStudent: null,
    perSeed: Object.entries(by).map(([seed, testAccuracyLast]) => ({ seed: Number(seed), testAccuracyLast })),
  })),
  testImages: 1000,
  ...changes,
});

const kept = reportOf({ student: { 0: 0.5, 1: 0.6 }, kd: { 0: 0.7, 1: 0.6 } });

it('a kept report gets the seeds and methods of another one of the same comparison', () => {
  const added = withAdded(kept, reportOf({ kd: { 1: 0.6, 2: 0.8 }, dkd: { 1: 0.5, 2: 0.9 } }), statistics);
  expect(added.config.seeds).toEqual([0, 1, 2]);
  expect(added.config.methods.map((/** @type {{ as: string }} */ { as }) => as)).toEqual([
    'student',
    'kd',
    'dkd',
  ]);
  const [student, kd, dkd] = added.rows;
  expect(kd?.perSeed).toEqual([0.7, 0.6, 0.8].map((testAccuracyLast, seed) => ({ seed, testAccuracyLast })));
  expect(kd?.testAccuracyLast).toMatchObject({ n: 3, mean: mean([0.7, 0.6, 0.8]) });
  expect(kd?.deltaVsKd).toBeNull();
  expect(student?.deltaVsKd?.mean).toBeCloseTo(mean([0.5 - 0.7, 0]));
  expect(dkd?.deltaVsKd?.mean).toBeCloseTo(mean([-0.1, 0.1]));
  expect(dkd?.deltaVsStudent?.mean).toBeCloseTo(-0.1);
  expect(sourceOf(added, [])).toMatch(/^2 to 3 seeds, 1,000 test images; /);
  expect(sourceOf(added, ['kd'])).toMatch(/^3 seeds, /);
});

it('may have tuned options, and a teacher that was loaded', () => {
  const tuned = {
    ...kept,
    config: { ...kept.config, tune: { kd: [{}] }, tuning: {}, teacher: { path: 'TEACHER' } },
  };
  expect(withAdded(tuned, reportOf({ kd: { 1: 0.6, 2: 0.8 } }), statistics).config.tune).toEqual({
    kd: [{}],
  });
});

it.each([
  ['another config', { kd: { 1: 0.6 } }, { config: { ...kept.config, epochs: 20 } }],
  ['another teacher', { kd: { 1: 0.6 } }, { teacher: { ...kept.teacher, testAccuracy: 0.76 } }],
  [
    "'kd' has other options",
    { kd: { 0: 0.7 } },
    { rows: [{ ...kept.rows[1], options: { temperature: 7 } }] },
  ],
  ['no training in common', { kd: { 2: 0.6 } }, {}],
  ['ended differently', { kd: { 0: 0.7, 1: 0.61 } }, {}],
])('is refused with %s', (message, accuracies, changes) => {
  expect(() => withAdded(kept, reportOf(accuracies, changes), statistics)).toThrow(message);
});
