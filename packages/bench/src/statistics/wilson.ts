import type { Interval } from './summary.js';

/** 97.5 % quantile of the normal distribution: half the width of a 95 % interval, in standard errors. */
export const NORMAL_95 = 1.959964;

/**
 * Wilson's 95 % score interval of a share: the range for other images of the same kind. It is right also near 0 and 1,
 * where the normal one has no width.
 */
export function wilson(share: number, count: number): Interval {
  const z2 = NORMAL_95 ** 2;
  const centre = (share + z2 / (2 * count)) / (1 + z2 / count);
  const spread = (share * (1 - share)) / count + z2 / (4 * count ** 2);
  const half = (NORMAL_95 * Math.sqrt(spread)) / (1 + z2 / count);
  return [centre - half, centre + half];
}
