import type { Dataset, InMemoryDataset } from '@distilljs/core';
import { digest, subset } from './subset.js';

/** Classes of a dataset, those that networks are trained on and those that they have never seen, kept for metric learning. */
export interface DividedClasses<D extends Dataset = Dataset> {
  /** Images of the seen classes, whose labels count from 0 without gaps. */
  readonly seen: D;
  /** Images of the others, with the labels that they had. */
  readonly unseen: D;
}

/** Whether a class is one of so many unseen ones, which are spread evenly: of 20 out of 100 those with labels 4, 9, 14, … */
export const isUnseen = (label: number, unseen: number, classes: number): boolean =>
  Math.floor(((label + 1) * unseen) / classes) > Math.floor((label * unseen) / classes);

/**
 * Takes classes away from a dataset as identities that nobody trains on. The choice depends on the numbers alone, so that the splits of
 * a dataset agree.
 *
 * @param unseen how many, at least one and at most two fewer than there are
 */
export function divideClasses(dataset: InMemoryDataset, unseen: number): DividedClasses<InMemoryDataset> {
  const { classes, labels } = dataset;
  const isSeen = Array.from({ length: classes }, (_, label) => !isUnseen(label, unseen, classes));
  const positions = Array.from({ length: dataset.size }, (_, at) => at);
  const seen = subset(
    dataset,
    positions.filter((at) => isSeen[labels[at] ?? 0] ?? true),
  );
  // How many of the seen classes come before each class.
  const renumbered = isSeen.map((_, label) => isSeen.slice(0, label).filter(Boolean).length);
  return {
    seen: {
      ...seen,
      classes: classes - unseen,
      labels: seen.labels.map((label) => (label < 0 ? label : (renumbered[label] ?? 0))),
      classNames: dataset.classNames?.filter((_, label) => isSeen[label]),
      fingerprint: digest(seen.fingerprint, `without ${unseen} classes`),
    },
    unseen: subset(
      dataset,
      positions.filter((at) => isSeen[labels[at] ?? 0] === false),
    ),
  };
}
