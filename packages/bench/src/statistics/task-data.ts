import type { Interval } from './summary.js';

/** Results of one task (a dataset with a teacher and a student): each method's accuracy by seed. */
export interface TaskScores {
  readonly task: string;
  readonly methods: readonly {
    readonly method: string;
    readonly accuracies: Readonly<Record<number, number>>;
  }[];
}

/** A figure with its 95 % interval; null where there is one task. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval | null;
}

/** One method over all tasks. */
export interface TaskMethod {
  readonly method: string;
  /** Mean over tasks of the mean accuracy over seeds. */
  readonly mean: number;
  /** Mean rank over tasks, 1 the best; equal means share their ranks. Interval: bootstrap over tasks. */
  readonly meanRank: Estimate;
  /** Elo rating from a Bradley–Terry model of wins by task: 1000 on average over methods; 400 points are odds of ten to one. */
  readonly elo: Estimate;
  /** Comparisons of means over all tasks and other methods: won, tied, lost. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

/** Two methods over all tasks. Differences are first minus second. */
export interface TaskPair {
  readonly first: string;
  readonly second: string;
  /** Mean over tasks of the difference of mean accuracies. Interval: bootstrap over tasks. */
  readonly difference: Estimate;
  /** Tasks in which the first has the higher, the same, or the lower mean. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Probability that one training of the first is better than one of the second, on average over tasks. */
  readonly improvement: Estimate;
  /** Two-sided p-value of Wilcoxon's signed-rank test over tasks; null with fewer than two tasks that differ. */
  readonly p: number | null;
  /** The same after Holm's correction for all pairs. */
  readonly correctedP: number | null;
}

/** Statistics over several tasks. */
export interface TaskStatistics {
  readonly tasks: readonly string[];
  /** The best mean rank first. */
  readonly methods: readonly TaskMethod[];
  /** Every pair, in the order of `methods`. */
  readonly pairs: readonly TaskPair[];
  /** What was left out and why, in sentences; empty where nothing was. */
  readonly omitted: readonly string[];
}
