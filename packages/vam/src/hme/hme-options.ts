import { listOf, oneOf, wholeNumber } from '@distilljs/core';
import type { OptionCheck, OptionChecks } from '@distilljs/core';
import { HEAD_KINDS } from './class-heads.js';
import type { HeadKind } from './class-heads.js';

/** What both layouts of a hierarchical mixture of experts need to know. */
export interface HmeShape {
  /** `[height, width, channels]` of one image. */
  readonly imageShape: readonly [number, number, number];
  /** At least 2. */
  readonly classes: number;
  /** Default `binary`. */
  readonly head?: HeadKind | undefined;
}

/** Options with every default filled in. */
export type Complete<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** A list of whole numbers above 0, of at least `min` and at most `max` entries. */
export const sizes =
  (min: number, max = Infinity): OptionCheck =>
  (value) => {
    const expected = listOf(wholeNumber({ min: 1 }))(value);
    if (expected !== undefined) return expected;
    const { length } = value as readonly number[];
    if (length >= min && length <= max) return undefined;
    return `a list of ${max === min ? '' : 'at least '}${min} whole numbers above 0`;
  };

/** Checks of {@link HmeShape}. */
export const shapeChecks: OptionChecks<Complete<HmeShape>> = {
  imageShape: sizes(3, 3),
  classes: wholeNumber({ min: 2 }),
  head: oneOf(...HEAD_KINDS),
};
