import type { CorrelationOptions } from './kernels.js';
import type { PairReduction } from './losses.js';

/** Options of `cckd`. Defaults are {@link practicalPreset}'s; {@link paperPreset} has the paper's. */
export interface CckdOptions extends CorrelationOptions {
  /**
   * Weight of the cross-entropy, at least 0: α of `L = α L_CE + (1 − α) L_instance + β L_CC` (Eq. 7). Default 0.1,
   * paper 0. With 0 the student never sees a label, so it also copies the teacher's mistakes.
   */
  readonly ceWeight: number;
  /** Weight of the instance term, at least 0: 1 − α of Eq. 7. Default 0.9, paper 1. */
  readonly kdWeight: number;
  /** β, at least 0. Its scale depends on {@link reduction}. Default 12 (`mean`), paper 0.003 (here with `sum`). */
  readonly beta: number;
  /**
   * `mean` divides the squared differences of the correlations by n², as Eq. 6 does; `sum` does not. Default `mean`.
   * With `mean` the paper's β of 0.003 has next to no effect: it adds at most 1.55e-3 to the loss, about 6e-5 in
   * practice. The paper's figures show the scale of `sum`.
   */
  readonly reduction: PairReduction;
  /** τ of both softmaxes, 0.01 to 1000. Default 4. The paper states only "in [4, 8]", for ImageNet. */
  readonly temperature: number;
  /**
   * The instance term: `kd` (Hinton's, KL(teacher ‖ student)), `kd-reverse` (KL(student ‖ teacher), Eq. 1 as printed),
   * or `mimic` (L2 between embeddings, Eq. 2). Default `kd`.
   */
  readonly instance: 'kd' | 'kd-reverse' | 'mimic';
  /** Tap of the student's embedding: `[n, d]`, or a feature map, which is averaged over its pixels. Default `embedding`. */
  readonly studentTap: string;
  /** Tap of the teacher's embedding, likewise. Default `embedding`. */
  readonly teacherTap: string;
  /**
   * Output width of a dense head beside the student, 1 to 65,536. The head is trained with the student but not
   * exported. The teacher gets a frozen orthogonal projection to this width, unless it already has it. Default `none`:
   * no heads, since correlations do not need equal widths; only `mimic` does.
   */
  readonly embeddingWidth: number | 'none';
  /** `cur`: class-uniform batches; `sur`: superclass-uniform; `uniform`: plain random ones. Default `cur`. */
  readonly sampler: 'cur' | 'sur' | 'uniform';
  /**
   * k, images per (super)class in a batch. It must divide the batch size, and a batch cannot need more (super)classes
   * than exist. Batches of few of many classes lower the accuracy a great deal. Not read by `uniform`. Default `auto`: the
   * smallest such k from 4 up, or 3 or 2 for batches too small for two classes of 4. Paper 4.
   */
  readonly perClass: number | 'auto';
  /** M, clusters of the teacher's features, at least 2; read by `sur` alone. Default `auto`: one per class. Paper 1000 for 1041. */
  readonly superclasses: number | 'auto';
}

/**
 * The defaults. They differ from {@link paperPreset} in four points:
 * - `reduction: 'mean'`, `beta: 12`: the paper's β with `sum` at its batch size of 64 (0.003 · 64² = 12.3), made
 *   independent of the batch size;
 * - `ceWeight: 0.1`, `kdWeight: 0.9`: some cross-entropy, as in core's `kd`, so that the two compare term by term and
 *   labels correct a weak teacher's mistakes;
 * - `perClass: 'auto'`, so that datasets with few classes work;
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
 * The paper's settings: α 0, β 0.003, γ 0.4, P 2, k 4. Use `cckd(paperPreset)` with a batch size of 64 and at least 16
 * classes.
 *
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 4.1
 *
 * Certainty: α, β, γ, P and k are stated. `sum` and unit rows are inferred. With the printed 1/n², β L_CC would be at
 * most 1.55e-3 (on real batches up to 6e-5), but the paper's figure 3 plots values of 50 to 1000. τ is not stated for
 * CIFAR-100; 4 is the usual choice. The paper's 128-wide embedding layer is part of both networks: build it there, and
 * tap it.
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
