import { DistillError, wholeNumber } from '@distilljs/core';
import { expectOption } from '../expect-option.js';
import { bestThreshold } from './best-threshold.js';

/**
 * Verification accuracy as on LFW: the pairs, in their order, are cut into folds; each fold is judged with the best
 * threshold of all the others.
 *
 * @param scores similarity per pair
 * @param same whether the pair shows one identity
 * @param folds default 10
 * @returns mean over folds, and accuracy per fold
 * @throws DistillError code `option` for less than two folds, `shape` when lengths differ or the other folds lack genuine or
 *   impostor pairs, `numeric` for NaN
 */
export function kFoldAccuracy(
  scores: ArrayLike<number>,
  same: ArrayLike<boolean>,
  folds = 10,
): { readonly mean: number; readonly perFold: readonly number[] } {
  expectOption('kFoldAccuracy(folds)', folds, wholeNumber({ min: 2 }));
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
