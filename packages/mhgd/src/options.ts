import type { SensingTaps } from './compression/index.js';
import type { TapChoice } from './sensing-points.js';

/** Options of `mhgd`. */
export interface MhgdOptions extends SensingTaps {
  /** A, attention heads per module, from 1 to 256. Default 8, the paper's. */
  readonly heads: number;
  /**
   * Epochs of phase `heads`, in which the teacher alone is looked at; phase `transfer` has all epochs of the run. `auto`
   * (default) is 40 % of them, the authors' 40 for 100, and at least 1,000 steps: with fewer the heads' scores are still so large
   * that tanh makes nearly every one ±1.
   */
  readonly headEpochs: number | 'auto';
  /**
   * Numbers of a vector that come to the heads at most, or `all`; of wider maps a fixed random projection of so many. `auto` (default) is
   * 64 where phase `heads` takes fewer than 2,500 steps of its own (40 % of the run's, or those of `headEpochs`), and all where it takes
   * more: heads of wide maps start with large scores and do not settle sooner. Ours; the paper's runs are longer.
   */
  readonly headInputs: number | 'auto' | 'all';
  /** Constant learning rate of heads and estimators, above 0. Default 0.1, the authors'. */
  readonly headLearningRate: number;
  /** λ of `λ Σ θ²` over all weights of heads and estimators, at least 0. Default 5e-4, the authors'. */
  readonly headDecay: number;
  /** Hide about half of the heads from the estimator, sample by sample. One head is never hidden. Default true. */
  readonly dropHeads: boolean;
  /** Singular vectors of a student's map of which the best match is taken, at least 1. Default 4, the authors'. */
  readonly candidates: number;
  /** Limit the transfer gradient to `sigmoid(epoch)` of the task's; false: to all of it from the start. Default true. */
  readonly warmUp: boolean;
  /** Weight of the task's cross-entropy, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the task's KD part, at least 0. Default 0: cross-entropy alone, as in the paper. */
  readonly kdWeight: number;
  /** Temperature of the KD part, above 0. Default 4. */
  readonly temperature: number;
  /** Student's layers, or the family that has them, from front to back, at least two: the ends of modules. Default
   * `auto`: the ends of the last stages that both networks have; see `tapsOf`. */
  readonly studentTaps: TapChoice;
  /** Teacher's layers at the same places. */
  readonly teacherTaps: TapChoice;
}
