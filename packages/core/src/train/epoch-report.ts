import type { PartialEpoch } from '../checkpoint/index.js';
import type { Evaluation } from './evaluate.js';
import type { EpochReport, TermReport, ValueLabel } from './report.js';

/** Means of the terms by name: `term`, or `update/term` where several updates took part. */
export function namedTerms(
  labels: readonly ValueLabel[],
  sums: ArrayLike<number>,
  steps: number,
): Readonly<Record<string, TermReport>> {
  const updates = new Set(labels.flatMap((label) => (label.kind === 'term' ? [label.update] : [])));
  return Object.fromEntries(
    labels.flatMap((label, index) => {
      if (label.kind !== 'term') return [];
      const name = updates.size > 1 ? `${label.update}/${label.term}` : label.term;
      return [[name, { value: (sums[index] ?? 0) / steps, weight: label.weight }]];
    }),
  );
}

/** Sums over an epoch as its report. */
export function epochReport(
  place: Pick<EpochReport, 'phase' | 'epoch' | 'globalEpoch' | 'steps'>,
  { labels, sums, seconds }: PartialEpoch,
  learningRates: readonly (readonly [string, number])[],
  validation: readonly Evaluation[],
): EpochReport {
  const trainAccuracy = labels.flatMap((label, index) =>
    label.kind === 'accuracy' ? [(sums[index] ?? 0) / place.steps] : [],
  );
  const terms = namedTerms(labels, sums, place.steps);
  return {
    ...place,
    learningRate: Object.fromEntries(learningRates),
    terms,
    trainAccuracy,
    validation,
    seconds,
  };
}
