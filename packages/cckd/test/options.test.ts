import { expect, test } from 'vitest';
import { cckd, paperPreset, practicalPreset } from '../src/index.js';
import type { CckdOptions } from '../src/index.js';

test('defaults are the practical preset; both presets are frozen; options are plain data', () => {
  expect(cckd().options).toEqual(practicalPreset);
  expect(cckd.defaults).toEqual(practicalPreset);
  expect(cckd(paperPreset).options).toEqual(paperPreset);
  expect(Object.isFrozen(practicalPreset) && Object.isFrozen(paperPreset)).toBe(true);
  expect(JSON.parse(JSON.stringify(cckd().options))).toStrictEqual(cckd().options);
  expect(paperPreset).toMatchObject({
    ceWeight: 0,
    kdWeight: 1,
    beta: 0.003,
    gamma: 0.4,
    order: 2,
    perClass: 4,
    reduction: 'sum',
  });
});

test.each([
  [{ bta: 1 }, /cckd: expected a known option, got 'bta'\. Did you mean 'beta'\?/],
  [{ ceWeight: -1.5 }, /cckd\.ceWeight: expected a number of at least 0, got -1\.5/],
  [{ beta: -1 }, /cckd\.beta: expected a number of at least 0/],
  [{ kernel: 'rbf' }, /cckd\.kernel: expected one of "rbf-taylor"/],
  [{ order: 1.5 }, /cckd\.order: expected a whole number, at least 0/],
  [{ order: 1e9 }, /cckd\.order: expected a whole number, at least 0 and at most 100, got 1000000000/],
  [{ gamma: 0 }, /cckd\.gamma: expected a number above 0/],
  [{ perClass: 'all' }, /cckd\.perClass: expected one of "auto", or a whole number, at least 1, got "all"/],
  [
    { embeddingWidth: 0 },
    /cckd\.embeddingWidth: expected one of "none", or a whole number, at least 1 and at most 65536, got 0/,
  ],
  [{ superclasses: 1 }, /cckd\.superclasses/],
])('%o is refused', (options, message) => {
  expect(() => cckd(options as Partial<CckdOptions>)).toThrow(message);
});
