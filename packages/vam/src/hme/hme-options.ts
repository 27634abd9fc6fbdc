import { listOf, oneOf, wholeNumber } from '@distilljs/core';
import type { OptionCheck, OptionChecks } from '@distilljs/core';
import { HEAD_KINDS } from './class-heads.js';
import type { HeadKind } from './class-heads.js';

/** Options that both layouts of a hierarchical mixture of experts share. */
export interface HmeShape {
  /** `[height, width, channels]` of one image. */
  readonly imageShape: readonly [number, number, number];
  /** Number of classes, 2 to 1,000; each gets its own head. */
  readonly classes: number;
  /** Kind of the class heads. Default `binary`. */
  readonly head?: HeadKind | undefined;
}

/** Options with every default filled in. */
export type Complete<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** Larger edges, channel or filter counts must be mistakes: no machine could hold them. */
const LARGEST_SIZE = 8192;

/** A list of sizes, 1 to {@link LARGEST_SIZE}, of at least `min` and at most `max` entries. */
export const sizes =
  (min: number, max = 16): OptionCheck =>
  (value) => {
    const expected = listOf(wholeNumber({ min: 1, max: LARGEST_SIZE }))(value);
    if (expected !== undefined) return expected;
    const { length } = value as readonly number[];
    if (length >= min && length <= max) return undefined;
    return `a list of ${max === min ? min : `${min} to ${max}`} whole numbers above 0`;
  };

/** Checks of {@link HmeShape}. */
export const shapeChecks: OptionChecks<Complete<HmeShape>> = {
  imageShape: sizes(3, 3),
  classes: wholeNumber({ min: 2, max: 1000 }),
  head: oneOf(...HEAD_KINDS),
};
