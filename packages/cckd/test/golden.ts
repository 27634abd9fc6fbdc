import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import golden from './fixtures/cckd-golden.json' with { type: 'json' };
import type { CorrelationOptions, KernelName, PairReduction } from '../src/index.js';

export { golden };

/** The features and logits of the file, by its names. */
export const inputs = {
  Fs: golden.inputs.Fs,
  Ft: golden.inputs.Ft,
  FtWide: golden.inputs.FtWide,
  zs: golden.inputs.zs,
  zt: golden.inputs.zt,
};

/** A case of the file's `correlation` list, with the options that it stands for. */
export interface CorrelationCase {
  readonly id: string;
  readonly options: CorrelationOptions;
  readonly reduction: PairReduction;
  readonly teacher: 'Ft' | 'FtWide';
  readonly loss: number;
  readonly gradFs: number[][];
  readonly corrStudent: number[][];
  readonly corrTeacher: number[][];
}

export const correlationCases: readonly CorrelationCase[] = golden.correlation.map((entry) => ({
  id: entry.id,
  options: {
    kernel: entry.metric as KernelName,
    gamma: entry.gamma ?? golden.inputs.gamma,
    order: entry.order ?? 2,
    normalize: entry.normalize,
  },
  reduction: entry.reduction as PairReduction,
  teacher: entry.teacher as 'Ft' | 'FtWide',
  loss: entry.loss,
  gradFs: entry.gradFs,
  corrStudent: entry.corrStudent,
  corrTeacher: entry.corrTeacher,
}));

/** Value and gradient of a loss of one matrix, read back. */
export function valueAndGradient(
  loss: (x: Tensor2D) => tf.Scalar,
  at: readonly (readonly number[])[],
): { value: number; gradient: number[][] } {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((x: Tensor2D) => loss(x))(matrix(at));
    return { value: value.arraySync(), gradient: grad.arraySync() };
  });
}

export function matrix(rows: readonly (readonly number[])[]): Tensor2D {
  return tf.tensor2d(rows.map((row) => [...row]));
}

/** Largest absolute difference of two matrices; Infinity when a value is NaN or the sizes differ. */
export function largestGap(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  if (a.length !== b.length) return Infinity;
  const gaps = a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? NaN))));
  return gaps.reduce((worst, gap) => (gap <= worst ? worst : Number.isNaN(gap) ? Infinity : gap), 0);
}

export function norm(rows: readonly (readonly number[])[]): number {
  return Math.sqrt(rows.flat().reduce((sum, value) => sum + value * value, 0));
}

/** The file's generator: `x ← (1103515245 x + 12345) mod 2³¹`, value `x / 2³¹ · 2 − 1`, row after row. */
export function lcgMatrix(rows: number, columns: number, seed: number): number[][] {
  let state = BigInt(seed);
  const next = (): number => {
    state = (1103515245n * state + 12345n) % 2147483648n;
    return (Number(state) / 2147483648) * 2 - 1;
  };
  return Array.from({ length: rows }, () => Array.from({ length: columns }, next));
}
