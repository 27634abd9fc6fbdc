import type { AttentionStatistics, Explanation } from '@distilljs/vam';

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

/** explain.json. */
export interface ExplainedRun {
  readonly schema: typeof EXPLAIN_SCHEMA;
  readonly classNames: readonly string[];
  /** Test images that conflict was measured on. */
  readonly conflictImages: number;
  readonly trainings: readonly ExplainedTraining[];
  readonly findings: readonly string[];
}
