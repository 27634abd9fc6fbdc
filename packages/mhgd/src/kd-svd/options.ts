import type { SensingTaps } from '../compression/index.js';
import type { TapChoice } from '../sensing-points.js';

/** Options of `kdSvd`. */
export interface KdSvdOptions extends SensingTaps {
  /**
   * `rank-1` (default): the authors' later code, `Σ (R_S − R_T)²`, best of `vectors + 3` candidates. `eccv`: the ECCV
   * paper, `√k/2 Σ (R_S − R_T)²`, best of `vectors + 1`. Both weight vectors by the teacher's singular values.
   */
  readonly form: 'rank-1' | 'eccv';
  /** k, singular vectors per map, at least 1. Default 1, whose weight is 1. */
  readonly vectors: number;
  /** β of the radial basis function, above 0. Default 8, as in paper and code. */
  readonly beta: number;
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
   * At least two of the student's layers from front to back, or the name of their network family. Default `auto`: the
   * ends of the last stages that both networks have.
   */
  readonly studentTaps: TapChoice;
  /** The teacher's layers at the same places. Default `auto`. */
  readonly teacherTaps: TapChoice;
}
