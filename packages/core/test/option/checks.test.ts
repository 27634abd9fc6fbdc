import {
  belowOne,
  eitherOf,
  flag,
  inRange,
  listOf,
  nonNegative,
  oneOf,
  optional,
  positive,
  temperatureRange,
  text,
  wholeNumber,
} from '../../src/option/index.js';
import type { OptionCheck } from '../../src/option/index.js';
import { describe, expect, it } from 'vitest';

const cases: readonly [
  string,
  OptionCheck,
  right: readonly unknown[],
  wrong: readonly unknown[],
  expected: string,
][] = [
  ['positive', positive, [1e-9, 3], [0, -1, NaN, Infinity, '1', null], 'a number above 0'],
  [
    'temperatureRange',
    temperatureRange,
    [0.01, 4, 1000],
    [0, -4, 1e-30, 1e30, NaN, Infinity, '4', null],
    'a number from 0.01 to 1000',
  ],
  ['nonNegative', nonNegative, [0, 3], [-1e-9, NaN, Infinity, undefined], 'a number of at least 0'],
  ['inRange', inRange(0, 1), [0, 0.5, 1], [-0.1, 1.1, NaN, true], 'a number from 0 to 1'],
  ['belowOne', belowOne, [0, 0.999], [1, -0.1, NaN], 'a number of at least 0 and below 1'],
  ['wholeNumber', wholeNumber(), [-3, 0, 7], [0.5, NaN, 2 ** 53, '1'], 'a whole number'],
  [
    'wholeNumber with bounds',
    wholeNumber({ min: 1, max: 3 }),
    [1, 3],
    [0, 4],
    'a whole number, at least 1 and at most 3',
  ],
  ['wholeNumber with a minimum', wholeNumber({ min: 2 }), [2, 99], [1], 'a whole number, at least 2'],
  ['oneOf', oneOf('same', 4, true), ['same', 4, true], ['valid', '4', 1], 'one of "same", 4, true'],
  ['flag', flag, [true, false], [0, 'true', undefined], 'true or false'],
  ['text', text, ['a'], ['', 1, undefined], 'a non-empty string'],
  ['listOf', listOf(positive), [[], [1, 2]], [1, [1, 0], 'ab'], 'a list, each entry a number above 0'],
  ['optional', optional(text), [undefined, 'a'], ['', null], 'a non-empty string'],
  ['eitherOf', eitherOf(flag, text), [true, 'a'], [1, ''], 'true or false, or a non-empty string'],
];

describe.each(cases)('%s', (_, check, right, wrong, expected) => {
  it.each(right.map((value) => [value]))('takes %j', (value) => {
    expect(check(value)).toBeUndefined();
  });

  it.each(wrong.map((value) => [value]))('refuses %j', (value) => {
    expect(check(value)).toBe(expected);
  });
});
