import studentT from '@stdlib/stats-base-dists-t';
import { DistillError } from '@distilljs/core';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Both ends of an interval. */
export type Interval = readonly [low: number, high: number];

/** Summary of several measurements of one quantity, in the quantity's unit. */
export interface Summary {
  /** Number of measurements. */
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation (divisor n − 1); null for a single measurement. */
  readonly sd: number | null;
  /** 95 % confidence interval of the mean; null for a single measurement. */
  readonly ci95: Interval | null;
}

/**
 * Mean, deviation and interval over seeds: `mean ± t(0.975, n − 1) · sd / √n`, with t the quantile of Student's
 * distribution. The interval assumes independent, normal measurements.
 *
 * @throws DistillError code `option` when `values` is empty, `numeric` when a value is not finite
 */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) {
    throw new DistillError({
      code: 'option',
      where: 'summarize(values)',
      expected: 'at least one',
      got: 'none',
    });
  }
  const foreign = values.find((value) => !Number.isFinite(value));
  if (foreign !== undefined) {
    throw new DistillError({
      code: 'numeric',
      where: 'summarize(values)',
      expected: 'finite numbers',
      got: String(foreign),
    });
  }
  const n = values.length;
  const centre = mean([...values]);
  if (n === 1) return { n, mean: centre, sd: null, ci95: null };
  const sd = sampleStandardDeviation([...values]);
  const half = (studentT.quantile(0.975, n - 1) * sd) / Math.sqrt(n);
  return { n, mean: centre, sd, ci95: [centre - half, centre + half] };
}
