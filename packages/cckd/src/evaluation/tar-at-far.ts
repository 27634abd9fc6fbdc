import { inRange } from '@distilljs/core';
import { expectOption } from '../expect-option.js';
import { expectPairs } from './pair-scores.js';
import type { PairScores } from './pair-scores.js';

/** A working point of a verification system. */
export interface VerificationPoint {
  /** The false accept rate that was asked for. */
  readonly far: number;
  /** A pair is accepted when its score is at least this; Infinity when only "accept nobody" keeps the rate. */
  readonly threshold: number;
  /** Share of genuine pairs that are accepted. */
  readonly tar: number;
}

/**
 * TAR@FAR: the smallest observed score t with `share of impostor scores ≥ t` at most `far` is the threshold; TAR is the
 * share of genuine scores ≥ t.
 *
 * Certainty: common practice in face verification; not in Peng et al., ICCV 2019.
 *
 * @param scores see `pairScores`
 * @param fars false accept rates in `[0, 1]`; one that is below 1 / (number of impostor pairs) acts as 0
 * @throws DistillError code `shape` when there is no genuine or no impostor pair, `numeric` for NaN among the scores, `option`
 *   for a rate outside `[0, 1]`
 */
export function tarAtFar(scores: PairScores, fars: readonly number[]): readonly VerificationPoint[] {
  expectPairs('tarAtFar', scores);
  for (const far of fars) expectOption('tarAtFar(fars)', far, inRange(0, 1));
  const genuine = Float64Array.from(scores.genuine).sort();
  const impostor = Float64Array.from(scores.impostor).sort();
  return fars.map((far) => {
    // 1e-9 pairs of slack: 0.2 · 15 is not exactly 3 in binary.
    const allowed = Math.floor(far * impostor.length + 1e-9);
    const highestRefused = impostor[impostor.length - 1 - allowed] ?? -Infinity;
    const above = (sorted: Float64Array): number => sorted[firstAbove(sorted, highestRefused)] ?? Infinity;
    const threshold = Math.min(above(genuine), above(impostor));
    const accepted = genuine.length - firstAbove(genuine, highestRefused);
    return { far, threshold, tar: accepted / genuine.length };
  });
}

/** Position of the first entry of an ascending array that is greater than `value`. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
