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
  [{ ceWeight: 0, kdWeight: 0, beta: 0 }, /^cckd: expected ceWeight or kdWeight or beta above 0, got all 0/],
  [
    { order: 0 },
    /cckd\.order: expected an order .* with gamma 0\.4: 1 or more, got 0\. At order 0 all pairs are alike/,
  ],
  // e^-40 (1 + 40 + 800) = 3.6e-15.
  [{ gamma: 20 }, /cckd\.order: expected an order .* with gamma 20: 22 or more, got 2\. Or lower gamma/],
  [
    { gamma: 1e4 },
    /cckd\.order: expected an order at which the kernel tells pairs apart with gamma 10000, got 2/,
  ],
])('%o is refused', (options, message) => {
  expect(() => cckd(options as Partial<CckdOptions>)).toThrow(message);
});

test.each([
  { beta: 0, gamma: 20 },
  { kernel: 'rbf-exact', gamma: 20 },
  { normalize: false, gamma: 20 },
  { gamma: 5 },
])('%o is taken', (options) => {
  expect(cckd(options as Partial<CckdOptions>).options).toMatchObject(options);
});
