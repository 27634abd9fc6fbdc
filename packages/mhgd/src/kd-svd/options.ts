import type { SensingTaps } from '../compression/index.js';
import type { TapChoice } from '../sensing-points.js';

/** Options of `kdSvd`. */
export interface KdSvdOptions extends SensingTaps {
  /**
   * `rank-1` (default): the authors' later code, `Σ (R_S − R_T)²`, best of `vectors + 3` candidates. `eccv`: the first
   * paper, `√k/2 Σ (R_S − R_T)²`, best of `vectors + 1`. Both weight vectors by the teacher's singular values.
   */
  readonly form: 'rank-1' | 'eccv';
  /** k, singular vectors per map, at least 1. Default 1, whose weight is 1. */
  readonly vectors: number;
  /** β of the radial basis function, above 0. Default 8, the authors'. */
  readonly beta: number;
  /** Limit the transfer gradient to `sigmoid(epoch)` of the task's; false: to all of it from the start. Default true. */
  readonly warmUp: boolean;
  /** Weight of the task's cross-entropy, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the task's KD part, at least 0. Default 0: cross-entropy alone, as in the paper. */
  readonly kdWeight: number;
  /** Temperature of the KD part, above 0. Default 4. */
  readonly temperature: number;
  /** Student's layers, or the family that has them, from front to back, at least two. Default
   * `auto`: the ends of the last stages that both networks have. */
  readonly studentTaps: TapChoice;
  /** Teacher's layers at the same places. */
  readonly teacherTaps: TapChoice;
}
