/** Returns what was expected if `value` is wrong, undefined if it is right. */
export type OptionCheck = (value: unknown) => string | undefined;

/** True for a number that is finite even in float32, the precision of training. */
const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(Math.fround(value));

/** A number above 0, even after rounding to float32. */
export const positive: OptionCheck = (value) =>
  isNumber(value) && Math.fround(value) > 0 ? undefined : 'a number above 0';

/** A number of at least 0. */
export const nonNegative: OptionCheck = (value) =>
  isNumber(value) && value >= 0 ? undefined : 'a number of at least 0';

/** A number from `low` to `high`, both included. */
export const inRange =
  (low: number, high: number): OptionCheck =>
  (value) =>
    isNumber(value) && value >= low && value <= high ? undefined : `a number from ${low} to ${high}`;

/**
 * A temperature that float32 can compute with: below, T² vanishes; above, softened probabilities differ by no more than
 * their rounding.
 */
export const temperatureRange: OptionCheck = inRange(0.01, 1000);

/** A number of at least 0 and below 1: a fraction that must leave a remainder. */
export const belowOne: OptionCheck = (value) =>
  isNumber(value) && value >= 0 && value < 1 ? undefined : 'a number of at least 0 and below 1';

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** A bound that only a typo exceeds: the message names it only then, and names nothing else. */
  readonly limit?: number;
}

/** A whole number within the bounds. */
export const wholeNumber =
  ({ min = -Infinity, max = Infinity, limit = Infinity }: Bounds = {}): OptionCheck =>
  (value) => {
    if (typeof value === 'number' && value > limit)
      return `a whole number of at most ${limit.toLocaleString('en-US')}`;
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return undefined;
    const bounds = [min > -Infinity ? `at least ${min}` : '', max < Infinity ? `at most ${max}` : ''].filter(
      Boolean,
    );
    return ['a whole number', bounds.join(' and ')].filter(Boolean).join(', ');
  };

/** One of these values. */
export const oneOf =
  (...values: readonly (string | number | boolean)[]): OptionCheck =>
  (value) =>
    values.includes(value as string)
      ? undefined
      : `one of ${values.map((known) => JSON.stringify(known)).join(', ')}`;

/** `true` or `false`. */
export const flag: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

/** A non-empty string. */
export const text: OptionCheck = (value) =>
  typeof value === 'string' && value.length > 0 ? undefined : 'a non-empty string';

/** A list of `min` to `max` entries that all pass `check`. */
export const listOf = (check: OptionCheck, min = 0, max = Infinity): OptionCheck => {
  const most = max < Infinity ? `${min} to ${max}` : `at least ${min}`;
  const size = min === 0 ? '' : ` of ${min === max ? min : most}`;
  return (value) => {
    const fits = Array.isArray(value) && value.length >= min && value.length <= max;
    return fits && value.every((entry) => check(entry) === undefined)
      ? undefined
      : `a list${size}, each entry ${check(undefined) ?? 'any value'}`;
  };
};

/** An object that has all of these fields. */
export const objectWith =
  (...names: readonly string[]): OptionCheck =>
  (value) =>
    typeof value === 'object' && value !== null && names.every((name) => name in value)
      ? undefined
      : `an object${names.length === 0 ? '' : ` of ${names.join(', ')}`}`;

/** Accepts a missing value; checks any other with `check`. */
export const optional =
  (check: OptionCheck): OptionCheck =>
  (value) =>
    value === undefined ? undefined : check(value);

/** Accepts what any of the checks accepts. */
export const eitherOf =
  (...checks: readonly OptionCheck[]): OptionCheck =>
  (value) => {
    const expected = checks.map((check) => check(value));
    return expected.includes(undefined) ? undefined : expected.join(', or ');
  };
