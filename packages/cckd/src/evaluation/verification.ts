import { DistillError, expectOption, flag, inRange, wholeNumber } from '@distilljs/core';
import { aNumber, cosine, expectEach, expectLength, expectParts, unitTable } from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Similarities of pairs that show the same identity (`genuine`), and of pairs that show two (`impostor`). */
export interface PairScores {
  readonly genuine: ArrayLike<number>;
  readonly impostor: ArrayLike<number>;
}

/**
 * Cosines of all `n (n − 1) / 2` pairs of rows, split by whether their labels agree: input of the verification
 * functions.
 *
 * @param labels identity per row
 * @throws DistillError code `shape` when lengths or widths do not match
 */
export function pairScores(embeddings: EmbeddingRows, labels: ArrayLike<number>): PairScores {
  const table = unitTable('pairScores(embeddings)', embeddings);
  expectLength('pairScores(labels)', labels, table.size);
  const sizes = new Map<number, number>();
  for (let row = 0; row < table.size; row++) {
    const label = labels[row] ?? 0;
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const pairs = (size: number): number => (size * (size - 1)) / 2;
  const genuineCount = [...sizes.values()].reduce((sum, size) => sum + pairs(size), 0);
  const genuine = new Float32Array(genuineCount);
  const impostor = new Float32Array(pairs(table.size) - genuineCount);
  let genuineDone = 0;
  let impostorDone = 0;
  for (let a = 0; a < table.size; a++) {
    for (let b = a + 1; b < table.size; b++) {
      const score = cosine(table, a, table, b);
      if (labels[a] === labels[b]) genuine[genuineDone++] = score;
      else impostor[impostorDone++] = score;
    }
  }
  return { genuine, impostor };
}

/**
 * Throws unless there is at least one pair of each kind, and no score is NaN.
 *
 * @throws DistillError code `shape`, or `numeric` for NaN
 */
export function expectPairs(where: string, scores: PairScores): void {
  expectParts(where, scores, ['genuine', 'impostor']);
  const { genuine, impostor } = scores;
  for (const [kind, all] of Object.entries({ genuine, impostor })) {
    expectEach(`${where}(${kind})`, all, aNumber);
    for (let position = 0; position < all.length; position++) {
      if (!Number.isNaN(all[position])) continue;
      const got = `NaN as ${kind} score ${position}`;
      throw new DistillError({ code: 'numeric', where, expected: 'scores that are numbers', got });
    }
  }
  if (genuine.length > 0 && impostor.length > 0) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: 'at least one genuine and one impostor pair',
    got: `${genuine.length} genuine and ${impostor.length} impostor pairs`,
  });
}

/** A threshold and the share of pairs that it classifies correctly. */
export interface ThresholdAccuracy {
  readonly threshold: number;
  readonly accuracy: number;
}

/**
 * The best accuracy that a single threshold t reaches: genuine pairs with a score ≥ t and impostor pairs below t are
 * correct. Candidates are the observed scores and Infinity; the smallest wins ties.
 *
 * @throws DistillError code `shape` when there is no genuine or no impostor pair, `numeric` for NaN among the scores
 */
export function bestThreshold(scores: PairScores): ThresholdAccuracy {
  expectPairs('bestThreshold', scores);
  const genuine = Float64Array.from(scores.genuine).sort();
  const impostor = Float64Array.from(scores.impostor).sort();
  const candidates = [...new Set([...genuine, ...impostor, Infinity])].sort((a, b) => a - b);
  let best: ThresholdAccuracy = { threshold: -Infinity, accuracy: -1 };
  let genuineBelow = 0;
  let impostorBelow = 0;
  for (const threshold of candidates) {
    while ((genuine[genuineBelow] ?? Infinity) < threshold) genuineBelow++;
    while ((impostor[impostorBelow] ?? Infinity) < threshold) impostorBelow++;
    const right = genuine.length - genuineBelow + impostorBelow;
    const accuracy = right / (genuine.length + impostor.length);
    if (accuracy > best.accuracy) best = { threshold, accuracy };
  }
  return best;
}

/**
 * Verification accuracy as on LFW: the pairs, in their order, are split into folds; each fold is evaluated with the
 * best threshold of the other folds together.
 *
 * @param scores similarity per pair
 * @param same whether the pair shows the same identity
 * @param folds at least 2, default 10
 * @returns mean over folds, and accuracy per fold
 * @throws DistillError code `option` for fewer than two folds; `shape` when lengths differ, for fewer pairs than folds,
 *   or when the other folds lack genuine or impostor pairs; `numeric` for NaN
 */
export function kFoldAccuracy(
  scores: ArrayLike<number>,
  same: ArrayLike<boolean>,
  folds = 10,
): { readonly mean: number; readonly perFold: readonly number[] } {
  expectOption('kFoldAccuracy(folds)', folds, wholeNumber({ min: 2 }));
  expectEach('kFoldAccuracy(scores)', scores, aNumber);
  expectEach('kFoldAccuracy(same)', same, flag);
  if (scores.length !== same.length || scores.length < folds) {
    throw new DistillError({
      code: 'shape',
      where: 'kFoldAccuracy',
      expected: 'as many scores as answers, and at least one pair per fold',
      got: `${scores.length} scores, ${same.length} answers, ${folds} folds`,
    });
  }
  const pairs = Array.from(scores, (score, pair) => ({
    score,
    same: same[pair] === true,
    fold: Math.floor((pair * folds) / scores.length),
  }));
  const perFold = Array.from({ length: folds }, (_, fold) => {
    const training = pairs.filter((pair) => pair.fold !== fold);
    const { threshold } = bestThreshold({
      genuine: training.filter((pair) => pair.same).map((pair) => pair.score),
      impostor: training.filter((pair) => !pair.same).map((pair) => pair.score),
    });
    const tested = pairs.filter((pair) => pair.fold === fold);
    return tested.filter((pair) => pair.score >= threshold === pair.same).length / tested.length;
  });
  return { mean: perFold.reduce((sum, accuracy) => sum + accuracy, 0) / folds, perFold };
}

/** An operating point of a verification system. */
export interface VerificationPoint {
  /** The requested false accept rate. */
  readonly far: number;
  /** A pair is accepted when its score is at least this; Infinity when only "accept nobody" keeps the rate. */
  readonly threshold: number;
  /** Share of genuine pairs that are accepted. */
  readonly tar: number;
}

/**
 * TAR@FAR. The threshold is the smallest observed score t with `share of impostor scores ≥ t` at most `far`; TAR is the
 * share of genuine scores ≥ t.
 *
 * Certainty: common practice in face verification; not in Peng et al., ICCV 2019.
 *
 * @param scores see `pairScores`
 * @param fars false accept rates in `[0, 1]`; one below 1 / (number of impostor pairs) acts as 0
 * @throws DistillError code `shape` when there is no genuine or no impostor pair, `numeric` for NaN among the scores,
 *   `option` for a rate outside `[0, 1]`
 */
export function tarAtFar(scores: PairScores, fars: readonly number[]): readonly VerificationPoint[] {
  expectPairs('tarAtFar', scores);
  expectEach('tarAtFar(fars)', fars, aNumber);
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
