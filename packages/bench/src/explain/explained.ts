import type { AttentionStatistics, Conflict, Explanation } from '@distilljs/vam';
import type { ExplainedMaps, MapsComparison, MapsSummary } from './explained-maps.js';
import type { Interval, PairedComparison, Summary } from '../statistics/index.js';

/** Version of the layout of explain.json. */
export const EXPLAIN_SCHEMA = 1;

/** The attention that one training has learned, after its last epoch. */
export interface ExplainedTraining {
  readonly method: string;
  readonly seed: number;
  /** Accuracy on the test images after the last epoch. */
  readonly testAccuracy: number;
  /** How the experts of KDExplainer were trained; undefined for a student with virtual attention. */
  readonly training: 'kd' | 'plain' | 'label-smoothing' | undefined;
  /** For a mixture of experts, at attention temperature 1. */
  readonly experts: Explanation | undefined;
  /** For a student with virtual attention: per layer, at its learned temperature. */
  readonly layers: readonly AttentionStatistics[];
}

/** Conflict under the targets that the training itself used. */
export function ownConflict({ training, experts }: ExplainedTraining): Conflict | undefined {
  if (training === undefined) return undefined;
  return experts?.conflict?.[training === 'plain' ? 'hard' : training];
}

/** The trainings of one method over its seeds. */
export interface SeedsSummary {
  readonly method: string;
  readonly training: ExplainedTraining['training'];
  readonly seeds: readonly number[];
  readonly testAccuracy: Summary;
  /** Mean attention entropy in nats, per level from the images to the classes. */
  readonly levels: readonly {
    readonly name: string;
    readonly entropy: Summary;
    /** Entropy divided by `ln(parents)`: 0 for a single parent, 1 for all equally. */
    readonly normalized: Summary;
  }[];
  /** Mean over the levels. */
  readonly entropy: Summary;
  /** Gradient conflict of pairs of classes under the training's targets; undefined where it was not measured. */
  readonly conflict?: { readonly cosine: Summary; readonly negativeShare: Summary } | undefined;
  /** Similarity of the class groups of two seeds, per level; empty for one seed. */
  readonly stability: readonly LevelStability[];
}

export interface LevelStability {
  readonly name: string;
  readonly pairs: number;
  /** Adjusted Rand index, mean over pairs of seeds: 1 for equal groups, 0 for chance. */
  readonly mean: number;
  /** 95 % interval; null below three seeds. */
  readonly ci95: Interval | null;
}

/** One measure of two methods, paired over seeds: the first minus the second. */
export interface SeedsComparison {
  readonly measure: 'entropy' | 'conflict' | 'accuracy';
  readonly first: string;
  readonly second: string;
  readonly difference: PairedComparison;
}

/** explain.json. */
export interface ExplainedRun {
  readonly schema: typeof EXPLAIN_SCHEMA;
  readonly classNames: readonly string[];
  /** Test images that conflict was measured on. */
  readonly conflictImages: number;
  readonly trainings: readonly ExplainedTraining[];
  /** Methods with mixtures of experts, over their seeds. */
  readonly summaries: readonly SeedsSummary[];
  readonly comparisons: readonly SeedsComparison[];
  /** Feature maps of all methods, in a run with an adversary. */
  readonly maps: readonly ExplainedMaps[];
  readonly mapsSummaries: readonly MapsSummary[];
  readonly mapsComparisons: readonly MapsComparison[];
  readonly findings: readonly string[];
}
