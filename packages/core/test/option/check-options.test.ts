import { checkOptions, nonNegative, positive, text } from '../../src/option/index.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

interface Options {
  readonly weight: number;
  readonly tap: string;
}

const checked = (given: Partial<Options>): Options =>
  checkOptions<Options>('fitnet', given, { weight: 1, tap: 'stage2' }, { weight: nonNegative, tap: text });

describe('checkOptions', () => {
  it('fills in the defaults, also for an option that is undefined', () => {
    expect(checked({})).toEqual({ weight: 1, tap: 'stage2' });
    expect(checked({ weight: 3, tap: undefined } as unknown as Partial<Options>)).toEqual({
      weight: 3,
      tap: 'stage2',
    });
  });

  it('gives frozen options and leaves the given ones alone', () => {
    const given = { weight: 3 };
    expect(Object.isFrozen(checked(given))).toBe(true);
    expect(given).toEqual({ weight: 3 });
  });

  it.each([
    [-1, 'fitnet.weight: expected a number of at least 0, got -1.'],
    [NaN, 'fitnet.weight: expected a number of at least 0, got NaN.'],
    ['1', 'fitnet.weight: expected a number of at least 0, got "1".'],
    [null, 'fitnet.weight: expected a number of at least 0, got null.'],
    [10n, 'fitnet.weight: expected a number of at least 0, got 10n.'],
  ] as [unknown, string][])('names the option, what it expects and the value %s', async (weight, message) => {
    const error = await caught(() => checked({ weight: weight as number }));
    expect(error.code).toBe('option');
    expect(error.message).toBe(message);
  });

  it('refuses an option that does not exist and suggests one', async () => {
    const error = await caught(() => checked({ wieght: 1 } as Partial<Options>));
    expect(error.message).toBe(
      "fitnet: expected a known option, got 'wieght'. Did you mean 'weight'? Available: weight, tap.",
    );
  });

  it.each([
    ['a Map', new Map([['weight', 2]])],
    ['an object that inherits its options', Object.create({ weight: 2 }) as object],
    ['a list', [1]],
    ['a text', 'weight'],
  ])('refuses %s, whose options would be passed over', async (_, given) => {
    const error = await caught(() => checked(given as Partial<Options>));
    expect(error.message).toMatch(/^fitnet: expected an object of options, got /);
  });

  it('refuses numbers that float32 makes infinite or 0', async () => {
    expect((await caught(() => checked({ weight: 1e39 }))).message).toMatch(
      /weight: expected .*, got 1e\+39/,
    );
    expect(positive(1e-50)).toBe('a number above 0');
    expect([positive(1e-40), nonNegative(3e38)]).toEqual([undefined, undefined]);
  });
});
