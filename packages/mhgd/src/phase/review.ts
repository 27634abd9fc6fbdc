import type { EpochReport } from '@distilljs/core';

/** A ratio of deviations beyond this, either way, is not chance. */
const FAR = 2;
/** A deviation of scores beyond this leaves little between −1 and 1 for tanh to give. */
const SATURATED = 2;

/**
 * The traps of short runs, once phase `heads` is over. Were the heads frozen before their moving averages had settled, the scores of phase
 * `transfer` would not be those that the heads were trained with; were they frozen with large scores, tanh would make nearly every one ±1,
 * which the student can hardly follow.
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
