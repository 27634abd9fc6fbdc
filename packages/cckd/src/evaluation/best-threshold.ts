import { expectPairs } from './pair-scores.js';
import type { PairScores } from './pair-scores.js';

/** A threshold and the share of pairs that it puts on the right side. */
export interface ThresholdAccuracy {
  readonly threshold: number;
  readonly accuracy: number;
}

/**
 * The best accuracy that one threshold reaches: genuine pairs with a score ≥ t and impostor pairs below it count as right.
 * Candidates are the observed scores and Infinity; of equally good ones the smallest.
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
