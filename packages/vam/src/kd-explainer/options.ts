/** Options of `kdExplainer`. */
export interface KdExplainerOptions {
  /** What the experts learn from: the teacher, labels, or smoothed labels. Default `kd`; the others need no teacher. */
  readonly training: 'kd' | 'plain' | 'label-smoothing';
  /** Weight of the label loss with `kd`, at least 0. Default 0.1. The other trainings use labels alone, with weight 1. */
  readonly ceWeight: number;
  /** Weight of the distillation loss with `kd`, at least 0. Default 0.9. */
  readonly kdWeight: number;
  /** T of the distillation loss, 0.01 to 1000. Default 4. */
  readonly temperature: number;
  /** ε of `label-smoothing`, `[0, 0.99]`. Default 0.1; the paper's is unknown. */
  readonly smoothing: number;
  /** Reduction over the binary subtasks: `mean` divides gradients by the number of classes. Default `sum`. */
  readonly reduction: 'sum' | 'mean';
  /** Weight of the entropy of attention at its current temperature, at least 0. Default 0: it is logged but not trained. */
  readonly gamma: number;
  /** Temperature of attention in the search, above 0, or `annealed` (default): 5 / epoch, as in the released code. */
  readonly attentionTemperature: 'annealed' | number;
  /** Share of the epochs that retrain the experts from new weights in the hard tree: `[0, 0.9]`, 0 for none. Default 0.5. */
  readonly retrainShare: number;
  /**
   * Default `released`: Adam with the released warm-up and decay for the search, SGD with ten halvings for the tree.
   * `run`: the run's own optimizer for both.
   */
  readonly optimizer: 'released' | 'run';
  /** Base learning rate of both phases with `released`, above 0. Default 0.05. */
  readonly learningRate: number;
  /** Base learning rate of attention with `released`, at least 0. Default 0.01. */
  readonly attentionLearningRate: number;
  /** Weight decay (L2) of both phases with `released`, including Θ, at least 0. Default 5e-4. */
  readonly weightDecay: number;
}

/**
 * The defaults: the released code's settings, with three exceptions that are proposed. These are smoothing (0.1), the
 * sum of the binary loss over subtasks, and half of the epochs for each phase (there 300 each).
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
