import type { EpochReport } from '@distilljs/core';

/** A larger ratio of the standard deviations, either way, is not chance. */
const FAR = 2;
/** Above this standard deviation of the scores, tanh turns nearly all of them into ±1. */
const SATURATED = 2;

/**
 * Warns of the traps of short runs, once phase `heads` is over. Heads frozen before their moving averages settle give
 * phase `transfer` other scores than they were trained with. Heads frozen with large scores saturate tanh at ±1, which
 * the student can hardly follow.
 */
export function reviewScores(history: readonly EpochReport[]): readonly string[] {
  const heads = history.filter(({ phase }) => phase === 'heads').at(-1);
  if (heads === undefined || history.at(-1)?.phase === 'heads') return [];
  const batch = heads.terms['scoresBatch']?.value ?? 0;
  const moving = heads.terms['scoresMoving']?.value ?? 0;
  const differ = moving * FAR < batch || moving > batch * FAR;
  return [
    ...(differ
      ? [
          `MHGD: at the end of phase heads the scores deviated by ${moving.toPrecision(3)} with moving averages, by ${batch.toPrecision(3)} with the batch's statistics. They should be alike: raise headEpochs.`,
        ]
      : []),
    ...(moving > SATURATED
      ? [
          `MHGD: at the end of phase heads the scores deviated by ${moving.toPrecision(3)}; beyond ${SATURATED}, tanh makes nearly every one ±1, and the student can hardly follow. Raise headEpochs, or headDecay, which brings scores down.`,
        ]
      : []),
  ];
}
