import { DistillError } from '@distilljs/core';
import type { Random } from '@distilljs/core';

/** The drawn positions, all positions by class, and the planned number of each class. */
export interface Drawn {
  readonly chosen: ReadonlySet<number>;
  readonly byClass: readonly (readonly number[])[];
  readonly quotas: readonly number[];
}

/**
 * Draws the same share of images from every class, rounded so that they sum to `wanted` (largest remainders first).
 * One image of each class is never drawn, so that the rest has all classes.
 *
 * @param labels class by image
 * @param random decides which images of a class
 * @param share of each class before rounding. Default: `wanted / labels.length`
 */
export function stratified(
  labels: Int32Array,
  classes: number,
  wanted: number,
  random: Random,
  share = wanted / labels.length,
): Drawn {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, position) => byClass[label]?.push(position));
  const quotas = apportion(
    byClass.map((positions) => share * positions.length),
    byClass.map((positions) => Math.max(0, positions.length - 1)),
    wanted,
  );
  const chosen = new Set<number>();
  byClass.forEach((positions, label) => {
    const order = random.fork(label).permutation(positions.length);
    for (const place of order.subarray(0, quotas[label])) chosen.add(positions[place] ?? 0);
  });
  return { chosen, byClass, quotas };
}

/** The error where no image can be drawn. @param part what they are for */
export const allSingle = (where: string, part: string, classes: number): DistillError =>
  new DistillError({
    code: 'option',
    where,
    expected: `a class of at least two images, so that one can go to ${part}`,
    got: `at most one image in each of ${classes} classes`,
    hint: 'Add images: one of each class has to stay in training.',
  });

/**
 * Integers near `shares`, at most `limits`, that sum to `total` as far as the limits allow: the largest remainders are rounded
 * up (Hare–Niemeyer).
 */
function apportion(shares: readonly number[], limits: readonly number[], total: number): readonly number[] {
  const limit = (place: number): number => limits[place] ?? 0;
  const quotas = shares.map((share, place) => Math.min(Math.floor(share), limit(place)));
  let missing = total - quotas.reduce((sum, quota) => sum + quota, 0);
  const remainder = (place: number): number => (shares[place] ?? 0) - (quotas[place] ?? 0);
  const order = shares.map((_, place) => place).sort((a, b) => remainder(b) - remainder(a) || a - b);
  // One pass suffices, unless limits pass the rest on to larger classes.
  for (let before = Infinity; missing > 0 && missing < before;) {
    before = missing;
    for (const place of order) {
      if (missing === 0) break;
      if ((quotas[place] ?? 0) >= limit(place)) continue;
      quotas[place] = (quotas[place] ?? 0) + 1;
      missing--;
    }
  }
  return quotas;
}
