import type { Interval } from './summary.js';

/** Two methods over the seeds that both have. Differences are first minus second, as shares of the test images. */
export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly seeds: readonly number[];
  /** Mean difference. */
  readonly mean: number;
  /** 95 % interval over seeds (t); null for one seed. */
  readonly ci95: Interval | null;
  /** 95 % interval over seeds and test images (hierarchical bootstrap); null for one seed or without kept predictions. */
  readonly ci95WithImages: Interval | null;
  /** Two-sided p of the paired t-test over seeds, uncorrected; null where there is none. */
  readonly p: number | null;
  /** The same after Holm's correction for all pairs. */
  readonly correctedP: number | null;
  /** Seeds in which the first is better, equal, and worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Hedges' g of the paired differences: mean over deviation, corrected for few seeds; null where there is no deviation. */
  readonly effect: number | null;
  readonly power: PairPower | null;
}

/** What the seeds of a comparison could have shown, and what more would. Level 0.05, two-sided, power 0.8. */
export interface PairPower {
  /** Smallest true difference that the paired t-test finds in 80 of 100 runs with these seeds. */
  readonly detectable: number;
  /** Seeds per method that would find a difference of one point (0.01) as often. */
  readonly seedsForOnePoint: number;
}

/** The same for a whole report, from the pooled deviation of all pairs. */
export interface Power extends PairPower {
  /** Seeds per method now: the fewest of all pairs. */
  readonly seeds: number;
  /** Pooled deviation of the differences over seeds. */
  readonly sd: number;
  /** Trainings that are still missing for one point, over all ranked methods, and their hours, one after the other. */
  readonly moreTrainings: number;
  readonly moreHours: number;
}
