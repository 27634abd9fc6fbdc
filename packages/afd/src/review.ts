import { expectOption, listOf, objectWith } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';

/** A discriminator's loss below this for {@link EPOCHS} epochs: it is too sure, and its gradient is gone. */
const SATURATED = 0.05;
/** Loss and mean scores within this of 0.5 for {@link EPOCHS} epochs: it says the same of every map. */
const CHANCE_MARGIN = 0.01;
const EPOCHS = 3;

/**
 * What is wrong with the game at the end of the last epoch: discriminators that saturate (`L_D < 0.05`, so that
 * extractors get no signal) or do not learn (loss and both mean scores within 0.01 of 0.5), for three epochs each.
 *
 * @param history reports of a training with `afd` or `afdOffline`
 * @throws DistillError code `option` for what are no reports
 */
export function reviewDiscriminators(history: readonly EpochReport[]): readonly string[] {
  expectOption('reviewDiscriminators(history)', history, listOf(aReport));
  const recent = history.slice(-EPOCHS);
  if (recent.length < EPOCHS) return [];
  const termIn = (epoch: EpochReport, term: string): number =>
    epoch.terms[`discriminators/${term}`]?.value ?? NaN;
  const found: string[] = [];
  for (let network = 1; Number.isFinite(termIn(recent[0] as EpochReport, `loss${network}`)); network++) {
    const who = `Discriminator ${network}`;
    const stuck = (term: string): boolean =>
      recent.every((epoch) => Math.abs(termIn(epoch, `${term}${network}`) - 0.5) < CHANCE_MARGIN);
    if (recent.every((epoch) => termIn(epoch, `loss${network}`) < SATURATED)) {
      found.push(
        `${who} is saturated (loss below ${SATURATED} for ${EPOCHS} epochs): the extractor gets next to no gradient from it. Lower featureLearningRate.`,
      );
    } else if (stuck('loss') && stuck('own') && stuck('peer')) {
      found.push(
        `${who} does not learn (loss and mean scores at 0.5 for ${EPOCHS} epochs): raise featureLearningRate or train longer, unless the maps are already alike.`,
      );
    }
  }
  return found;
}

const aReport = (value: unknown): string | undefined =>
  objectWith('terms')(value) ?? objectWith()((value as EpochReport).terms);
