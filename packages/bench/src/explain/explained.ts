import type { AttentionStatistics, Conflict, Explanation } from '@distilljs/vam';
import type { ExplainedMaps, MapsComparison, MapsSummary } from './explained-maps.js';
import type { Interval, PairedComparison, Summary } from '../statistics/index.js';

/** Version of the layout of explain.json. */
export const EXPLAIN_SCHEMA = 1;

/** What one training with one seed has learned to attend to, after its last epoch. */
export interface ExplainedTraining {
  readonly method: string;
  readonly seed: number;
  /** Accuracy on the test images after the last epoch. */
  readonly testAccuracy: number;
  /** How the experts of KDExplainer were trained; undefined for a student with virtual attention. */
  readonly training: 'kd' | 'plain' | 'label-smoothing' | undefined;
  /** Of a mixture of experts, at attention temperature 1. */
  readonly experts: Explanation | undefined;
  /** Of a student with virtual attention, per layer, at the temperature that it has learned. */
  readonly layers: readonly AttentionStatistics[];
}

/** Conflict under the targets that the training itself used. */
export function ownConflict({ training, experts }: ExplainedTraining): Conflict | undefined {
  if (training === undefined) return undefined;
  return experts?.conflict?.[training === 'plain' ? 'hard' : training];
}

/** What the trainings of one method say together. */
export interface SeedsSummary {
  readonly method: string;
  readonly training: ExplainedTraining['training'];
  readonly seeds: readonly number[];
  readonly testAccuracy: Summary;
  /** Mean attention entropy in nats, per level from the images to the classes. */
  readonly levels: readonly {
    readonly name: string;
    readonly entropy: Summary;
    /** Over `ln(parents)`: 0 one parent alone, 1 all alike. */
    readonly normalized: Summary;
  }[];
  /** Mean over the levels. */
  readonly entropy: Summary;
  /** Of pairs of classes, under the targets of the training; undefined where it was not measured. */
  readonly conflict?: { readonly cosine: Summary; readonly negativeShare: Summary } | undefined;
  /** How alike the class groups of two seeds are, per level; empty for one seed. */
  readonly stability: readonly LevelStability[];
}

export interface LevelStability {
  readonly name: string;
  readonly pairs: number;
  /** Adjusted Rand index, mean over pairs of seeds: 1 the same groups, 0 what chance gives. */
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
  /** Of methods with mixtures of experts, over their seeds. */
  readonly summaries: readonly SeedsSummary[];
  readonly comparisons: readonly SeedsComparison[];
  /** Of a run with an adversary: feature maps of all its methods. */
  readonly maps: readonly ExplainedMaps[];
  readonly mapsSummaries: readonly MapsSummary[];
  readonly mapsComparisons: readonly MapsComparison[];
  readonly findings: readonly string[];
}
