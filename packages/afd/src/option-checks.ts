import { eitherOf, inRange, listOf, oneOf, positive, wholeNumber } from '@distilljs/core';
import type { OptionCheck } from '@distilljs/core';

/** A whole number of at least 1, or `auto`. */
export const wholeOrAuto = eitherOf(oneOf('auto'), wholeNumber({ min: 1 }));

/** A list of two that both pass `check`. */
export const pairOf =
  (check: OptionCheck): OptionCheck =>
  (value) =>
    Array.isArray(value) && value.length === 2 && listOf(check)(value) === undefined
      ? undefined
      : `a list of two, each ${check(undefined) ?? 'any value'}`;

/** Shares of the training, above 0 and at most 1, each larger than the one before it. */
export const risingShares: OptionCheck = (value) => {
  const rises = (share: unknown, at: number, all: readonly unknown[]): boolean =>
    positive(share) === undefined &&
    inRange(0, 1)(share) === undefined &&
    (at === 0 || (share as number) > (all[at - 1] as number));
  return Array.isArray(value) && value.every(rises)
    ? undefined
    : 'rising shares of the training (not epochs), each above 0 and at most 1';
};
