import type { SensingTaps } from './compression/index.js';
import type { TapChoice } from './sensing-points.js';

/** Options of `mhgd`. */
export interface MhgdOptions extends SensingTaps {
  /** A, attention heads per module, 1 to 256. Default 8, as in the paper. */
  readonly heads: number;
  /**
   * Epochs of phase `heads`, which runs only the teacher. They come on top of the run's epochs, all of which go to
   * phase `transfer`. `auto` (default) is 40 % of the run's epochs (the authors use 40 for 100), and at least 1,000
   * steps. With fewer steps the heads' scores are still so large that tanh turns nearly all of them into ±1.
   */
  readonly headEpochs: number | 'auto';
  /**
   * Largest width of the vectors that the heads see, or `all`. Wider vectors pass through a fixed random projection to
   * this width. `auto` (default) is `all` where phase `heads` takes at least 2,500 steps (40 % of the run's, or those
   * of `headEpochs`), else 64. Heads of wide maps start with large scores and need that many steps to settle. This
   * option is ours; the paper's runs are longer.
   */
  readonly headInputs: number | 'auto' | 'all';
  /** Constant learning rate of heads and estimators, above 0. Default 0.1, as in the authors' code. */
  readonly headLearningRate: number;
  /** λ of `λ Σ θ²` over all weights of heads and estimators, at least 0. Default 5e-4, as in the authors' code. */
  readonly headDecay: number;
  /** Whether to hide about half of the heads from the estimator, per sample. A single head is never hidden. Default true. */
  readonly dropHeads: boolean;
  /** Candidate singular vectors of a student's map for the match, at least 1. Default 4, as in the authors' code. */
  readonly candidates: number;
  /**
   * Whether the limit of the transfer gradient grows: `sigmoid(epoch)` times the norm of the task gradient. False: the
   * full norm from the start. Default true.
   */
  readonly warmUp: boolean;
  /** Weight of the cross-entropy, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the KD term, at least 0. Default 0: cross-entropy alone, as in the paper. */
  readonly kdWeight: number;
  /** Temperature of the KD term, 0.01 to 1000. Default 4. Without effect while `kdWeight` is 0, its default. */
  readonly temperature: number;
  /**
   * At least two of the student's layers from front to back, or the name of their network family. Neighbours bound a
   * module. Default `auto`: the ends of the last stages that both networks have; see `tapsOf`.
   */
  readonly studentTaps: TapChoice;
  /** The teacher's layers at the same places. Default `auto`. */
  readonly teacherTaps: TapChoice;
}
