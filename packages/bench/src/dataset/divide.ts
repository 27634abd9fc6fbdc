import { createRandom } from '@distilljs/core';
import type { Split } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { allSingle, stratified } from './stratified.js';

/** How images are divided, and how many of them are used. */
export interface DivideOptions {
  /** Share of every class that is held out for testing, where the data has no test images. Default: 0.2. */
  readonly testFraction?: number | undefined;
  /** Seed that decides which images. Default: 0. */
  readonly splitSeed?: number | undefined;
  /** Number of training images, the same share of every class. Default: all. */
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
}

/** A layout with test images: its own, or a share of every class's training images. */
export function divided(
  layout: LayoutItems,
  { testFraction = 0.2, splitSeed = 0 }: DivideOptions,
): LayoutItems {
  const { items, classNames } = layout;
  const { train = [], test } = items;
  if (test !== undefined) return layout;
  // Images without a label can only be trained on.
  const labelled = train.filter(({ label }) => label >= 0).length;
  const wanted = Math.max(1, Math.round(testFraction * labelled));
  const { chosen } = drawn(train, classNames.length, wanted, splitSeed, 'test');
  if (chosen.size === 0) throw allSingle('dataset.testFraction', 'the test', classNames.length);
  const part = (isTest: boolean): readonly ImageItem[] =>
    train.filter((_, place) => chosen.has(place) === isTest);
  return { ...layout, items: { ...items, train: part(false), test: part(true) } };
}

/** The same layout with at most the requested images; every class keeps its share, and at least one image. */
export function firstOfEach(
  layout: LayoutItems,
  { trainSize, testSize, splitSeed = 0 }: DivideOptions,
): LayoutItems {
  const sizes: Partial<Record<Split, number | undefined>> = { train: trainSize, test: testSize };
  const items = Object.fromEntries(
    Object.entries(layout.items).map(([split, all]) => {
      const size = sizes[split as Split];
      if (size === undefined || size >= all.length) return [split, all];
      // Drawn images are the ones left out: one image of each class is never drawn. Images without a label are one more class.
      const classes = layout.classNames.length;
      const groups = Int32Array.from(all, ({ label }) => (label < 0 ? classes : label));
      const random = createRandom(splitSeed).fork(`${split} size`);
      const { chosen } = stratified(groups, classes + 1, all.length - size, random);
      return [split, all.filter((_, place) => !chosen.has(place))];
    }),
  );
  return { ...layout, items };
}

const drawn = (
  items: readonly ImageItem[],
  classes: number,
  wanted: number,
  seed: number,
  label: string,
): ReturnType<typeof stratified> =>
  stratified(
    Int32Array.from(items, (item) => item.label),
    classes,
    wanted,
    createRandom(seed).fork(label),
    wanted / items.filter((item) => item.label >= 0).length,
  );
