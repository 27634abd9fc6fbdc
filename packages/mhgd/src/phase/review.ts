import type { EpochReport } from '@distilljs/core';

/** A ratio of deviations beyond this, either way, is not chance. */
const FAR = 2;

/**
 * The trap of short runs: were the heads frozen before their moving averages had settled, the scores of phase `transfer`
 * would not be those that the heads were trained with.
 */
export function reviewScores(history: readonly EpochReport[]): readonly string[] {
  const heads = history.filter(({ phase }) => phase === 'heads').at(-1);
  if (heads === undefined || history.at(-1)?.phase === 'heads') return [];
  const batch = heads.terms['scoresBatch']?.value ?? 0;
  const moving = heads.terms['scoresMoving']?.value ?? 0;
  if (moving * FAR >= batch && moving <= batch * FAR) return [];
  return [
    `MHGD: at the end of phase heads the scores deviated by ${moving.toPrecision(3)} with moving averages, by ${batch.toPrecision(3)} with the batch's statistics. They should be alike: raise headEpochs.`,
  ];
}
