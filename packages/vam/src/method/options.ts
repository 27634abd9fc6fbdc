import type { Method } from '@distilljs/core';

/** Options of `vam`. */
export interface VamOptions {
  /**
   * γ, weight of the entropy of attention, at least 0. Default 0.01. The paper's values are unknown ("tuned per task"): try 1e-4 to
   * 0.1. With 0 the entropy is measured and does not act.
   */
  readonly gamma: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 0.1. */
  readonly ceWeight: number;
  /** Weight of the divergence from the teacher, at least 0. Default 0.9; with 0 no teacher is needed. */
  readonly kdWeight: number;
  /** T of both softmaxes, above 0. Default 4. */
  readonly temperature: number;
  /**
   * Another technique, whose loss takes the place of KD's; `ceWeight`, `kdWeight` and `temperature` then have no say. None of its terms may be called
   * `attentionEntropy`. Default none.
   */
  readonly with: Method | undefined;
}

/** Options of a planned `vam` as plain data: of the other technique, its name and options. */
export type VamSettings = Omit<VamOptions, 'with'> & {
  readonly with: { readonly name: string; readonly options: object } | null;
};
