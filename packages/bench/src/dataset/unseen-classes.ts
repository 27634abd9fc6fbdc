import type { Dataset, InMemoryDataset } from '@distilljs/core';
import { digest, subset } from './subset.js';

/** A dataset divided by class: classes to train on, and unseen classes kept for metric learning. */
export interface DividedClasses<D extends Dataset = Dataset> {
  /** Images of the seen classes, whose labels count from 0 without gaps. */
  readonly seen: D;
  /** Images of the other classes, with their original labels. */
  readonly unseen: D;
}

/** Whether a class is unseen. Unseen classes are spread evenly: 20 of 100 are those with labels 4, 9, 14, … */
export const isUnseen = (label: number, unseen: number, classes: number): boolean =>
  Math.floor(((label + 1) * unseen) / classes) > Math.floor((label * unseen) / classes);

/**
 * Separates unseen classes from a dataset, as identities that nobody trains on. The choice depends only on the two numbers of classes,
 * so that the splits of a dataset agree.
 *
 * @param unseen number of unseen classes, at least 1; at least two classes must remain
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
