import { expectOption, listOf, objectWith } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';

/** A discriminator's loss below this for {@link EPOCHS} epochs: it is too sure, and its gradient has vanished. */
const SATURATED = 0.05;
/** Loss and mean scores this close to 0.5 for {@link EPOCHS} epochs: the discriminator does not tell maps apart. */
const CHANCE_MARGIN = 0.01;
const EPOCHS = 3;

/**
 * Warns of discriminators that have failed over the last three epochs. Saturated ones (`L_D < 0.05`) give their
 * extractors no signal. Ones that do not learn keep the loss and both mean scores within 0.01 of 0.5.
 *
 * @param history epoch reports of a run with `afd` or `afdOffline`
 * @returns one message per failed discriminator
 * @throws DistillError code `option` for values that are not reports
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
