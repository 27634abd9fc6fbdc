import { checkOptions, expectOption, inRange, positive } from '@distilljs/core';
import type { OptionChecks } from '@distilljs/core';
import { expectMatrix, mean, softmaxRows } from './matrix.js';
import type { Matrix } from './matrix.js';

/** Statistics of one attention matrix. */
export interface AttentionStatistics {
  /** The layer's name. */
  readonly name: string;
  /** A at {@link temperature}: `[child][parent]`. */
  readonly attention: Matrix;
  readonly temperature: number;
  readonly entropy: {
    /** In nats. */
    readonly perChild: readonly number[];
    readonly mean: number;
    /** Mean entropy over `ln(parents)`: 0 for attention to one parent, 1 for uniform attention. 0 if there is one parent. */
    readonly normalized: number;
    /** Number of children by normalized entropy, in ten bins of width 0.1. */
    readonly histogram: readonly number[];
  };
  /** Number of pairs with an attention of at least the threshold. */
  readonly edges: number;
}

/** Temperature and threshold for viewing attention. */
export interface AttentionView {
  /** Temperature for all levels, above 0. Default 1. Entropies at different temperatures are not comparable. */
  readonly temperature?: number | undefined;
  /** Smallest attention that counts as an edge, `[0, 1]`. Default 0.2. */
  readonly threshold?: number | undefined;
}

const BINS = 10;

type View = Readonly<Record<keyof AttentionView, number>>;
export const viewDefaults: View = { temperature: 1, threshold: 0.2 };
export const viewChecks: OptionChecks<View> = { temperature: positive, threshold: inRange(0, 1) };

/** The view with its defaults. @throws DistillError code `option` */
export const checkView = (owner: string, given: AttentionView): View =>
  checkOptions<View>(owner, given as Partial<View>, viewDefaults, viewChecks);

/**
 * Statistics of attention with logits Θ, `[child][parent]`.
 *
 * @throws DistillError code `option`, or `shape` for rows that are not a matrix of numbers
 */
export function attentionStatistics(
  name: string,
  theta: Matrix,
  view: AttentionView = {},
): AttentionStatistics {
  expectOption('attentionStatistics(name)', name, (value) =>
    typeof value === 'string' ? undefined : 'a text',
  );
  const { temperature, threshold } = checkView('attentionStatistics', view);
  expectMatrix('attentionStatistics(theta)', theta);
  const attention = softmaxRows(theta, temperature);
  const perChild = attention.map(entropyOf);
  const most = Math.log(theta[0]?.length ?? 1);
  const normalized = perChild.map((entropy) => (most === 0 ? 0 : entropy / most));
  const histogram = Array.from({ length: BINS }, () => 0);
  for (const value of normalized) {
    const bin = Math.min(BINS - 1, Math.floor(value * BINS));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  return {
    name,
    attention,
    temperature,
    entropy: { perChild, mean: mean(perChild), normalized: mean(normalized), histogram },
    edges: attention.flat().filter((value) => value >= threshold).length,
  };
}

/** `−Σ p ln p` in nats. */
export function entropyOf(row: readonly number[]): number {
  return row.reduce((sum, value) => sum - (value > 0 ? value * Math.log(value) : 0), 0);
}
