import type { CorrelationOptions } from './kernels.js';
import type { PairReduction } from './losses.js';

/** Options of `cckd`. Defaults are {@link practicalPreset}'s; {@link paperPreset} has the paper's. */
export interface CckdOptions extends CorrelationOptions {
  /**
   * Weight of the cross-entropy, at least 0: α of `L = α L_CE + (1 − α) L_instance + β L_CC` (Eq. 7). Default 0.1, paper 0. With 0
   * the student never sees a label, and copies the teacher's mistakes too.
   */
  readonly ceWeight: number;
  /** Weight of the instance term, at least 0: 1 − α of Eq. 7. Default 0.9, paper 1. */
  readonly kdWeight: number;
  /** β, at least 0: its scale goes with {@link reduction}. Default 12 (`mean`), paper 0.003 (here with `sum`). */
  readonly beta: number;
  /**
   * `mean` divides the squared gaps of the correlations by n², as Eq. 6 does; `sum` does not. Default `mean`. The paper's
   * β of 0.003 has next to no effect with `mean` (at most 1.55e-3 of loss, and about 6e-5 seen): its figures show the scale
   * of `sum`.
   */
  readonly reduction: PairReduction;
  /** τ of both softmaxes, above 0. Default 4. The paper states only "in [4, 8]", for ImageNet. */
  readonly temperature: number;
  /**
   * The instance term: `kd` (Hinton's, KL(teacher ‖ student)), `kd-reverse` (KL(student ‖ teacher), Eq. 1 letter by
   * letter), or `mimic` (L2 between embeddings, Eq. 2). Default `kd`.
   */
  readonly instance: 'kd' | 'kd-reverse' | 'mimic';
  /** Where the student's embedding is read: `[n, d]`, or a feature map, which is averaged. Default `embedding`. */
  readonly studentTap: string;
  /** Where the teacher's embedding is read. Default `embedding`. */
  readonly teacherTap: string;
  /**
   * Width of a dense head beside the student, trained with it and not part of the exported student, and of the teacher's
   * frozen counterpart (a fixed orthogonal projection; none where the teacher is that wide already). Default `none`: no
   * heads, since correlations need no equal widths. Only `mimic` does.
   */
  readonly embeddingWidth: number | 'none';
  /** `cur`: class-uniform batches; `sur`: superclass-uniform; `uniform`: plain random ones. Default `cur`. */
  readonly sampler: 'cur' | 'sur' | 'uniform';
  /**
   * k, images per (super)class in a batch; it divides the batch size, and leaves no more classes per batch than there are.
   * Default `auto`: the smallest such k from 4 up, or 3 or 2 for batches too small for two classes of 4. Paper 4.
   */
  readonly perClass: number | 'auto';
  /** M, clusters that `sur` makes of the teacher's features. Default `auto`: as many as classes. Paper 1000 for 1041. */
  readonly superclasses: number | 'auto';
}

/**
 * The defaults. They differ from {@link paperPreset} in four points:
 * - `reduction: 'mean'`, `beta: 12`: the paper's β with `sum` at its batch of 64 (0.003 · 64² = 12.3), made independent of
 *   the batch size;
 * - `ceWeight: 0.1`, `kdWeight: 0.9`: some cross-entropy, as in core's `kd`, so that the two compare term by term and a weak teacher's mistakes
 *   are corrected;
 * - `perClass: 'auto'`, so that data with few classes work;
 * - `superclasses: 'auto'`.
 */
export const practicalPreset: CckdOptions = Object.freeze({
  ceWeight: 0.1,
  kdWeight: 0.9,
  beta: 12,
  reduction: 'mean',
  kernel: 'rbf-taylor',
  gamma: 0.4,
  order: 2,
  normalize: true,
  temperature: 4,
  instance: 'kd',
  studentTap: 'embedding',
  teacherTap: 'embedding',
  embeddingWidth: 'none',
  sampler: 'cur',
  perClass: 'auto',
  superclasses: 'auto',
});

/**
 * The paper's setting: α 0, β 0.003, γ 0.4, P 2, k 4; `cckd(paperPreset)`, with a batch size of 64 and at least 16 classes.
 *
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 4.1
 *
 * Certainty: α, β, γ, P and k are stated. `sum` and unit rows are inferred: with the printed 1/n², β L_CC would be at most
 * 1.55e-3 (on real batches up to 6e-5), and the paper's figure 3 plots values of 50 to 1000. τ is not stated for CIFAR-100; 4 is the usual choice. The
 * paper's 128-wide embedding layer belongs into both networks: build it there, and tap it.
 */
export const paperPreset: CckdOptions = Object.freeze({
  ...practicalPreset,
  ceWeight: 0,
  kdWeight: 1,
  beta: 0.003,
  reduction: 'sum',
  perClass: 4,
  superclasses: 1000,
});
