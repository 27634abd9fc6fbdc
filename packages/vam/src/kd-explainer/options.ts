/** Options of `kdExplainer`. */
export interface KdExplainerOptions {
  /** What the experts learn from: the teacher, labels, or smoothed labels. Default `kd`; the others need no teacher. */
  readonly training: 'kd' | 'plain' | 'label-smoothing';
  /** Weight of the labels, at least 0. Default 0.1, with `kd`; the other trainings have labels alone, with weight 1. */
  readonly ceWeight: number;
  /** Weight of the teacher with `kd`, at least 0. Default 0.9. */
  readonly kdWeight: number;
  /** T of the distillation loss, above 0. Default 4. */
  readonly temperature: number;
  /** ε of `label-smoothing`, `[0, 0.99]`. Default 0.1; the paper's is unknown. */
  readonly smoothing: number;
  /** Over the binary subtasks: their sum, or their mean, which divides gradients by the number of classes. Default `sum`. */
  readonly reduction: 'sum' | 'mean';
  /** Weight of the entropy of attention at its present temperature, at least 0. Default 0: there it is looked at, not trained. */
  readonly gamma: number;
  /** Temperature of attention while searching: 5 / epoch (`annealed`, the released code's), or a number above 0. Default `annealed`. */
  readonly attentionTemperature: 'annealed' | number;
  /** Share of the epochs that retrain the experts, anew, in the hard tree: `[0, 0.9]`, 0 for none. Default 0.5. */
  readonly retrainShare: number;
  /**
   * `released`: Adam with the released warm-up and decay for searching, SGD with ten halvings for the tree. `run`: the run's own. Default
   * `released`.
   */
  readonly optimizer: 'released' | 'run';
  /** Base rate of both phases with `released`, above 0. Default 0.05. */
  readonly learningRate: number;
  /** Base rate of attention with `released`, at least 0. Default 0.01. */
  readonly attentionLearningRate: number;
  /** L2 of both phases with `released`, Θ included, at least 0. Default 5e-4. */
  readonly weightDecay: number;
}

/**
 * The defaults: the released code's settings, except that smoothing (0.1), the binary loss's sum over subtasks and the halves of the epochs
 * (there 300 for each phase) are proposed.
 */
export const kdExplainerDefaults: KdExplainerOptions = Object.freeze({
  training: 'kd',
  ceWeight: 0.1,
  kdWeight: 0.9,
  temperature: 4,
  smoothing: 0.1,
  reduction: 'sum',
  gamma: 0,
  attentionTemperature: 'annealed',
  retrainShare: 0.5,
  optimizer: 'released',
  learningRate: 0.05,
  attentionLearningRate: 0.01,
  weightDecay: 5e-4,
});
