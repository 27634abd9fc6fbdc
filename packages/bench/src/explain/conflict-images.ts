import type { Dataset } from '@distilljs/core';

/**
 * Positions of the images on which conflict between classes is measured: the dataset's first, if every class is among them. Otherwise
 * the first of each class in turn, because the images of a folder are sorted by class. Images without a label are left out.
 *
 * @param most number of images, or fewer in a smaller dataset
 */
export function conflictImages(
  { labels = new Int32Array(), size }: Pick<Dataset, 'labels' | 'size'>,
  most: number,
): Int32Array {
  const labelled = Array.from({ length: size }, (_, at) => at).filter((at) => (labels[at] ?? -1) >= 0);
  const classesOf = (positions: readonly number[]): readonly number[] => [
    ...new Set(positions.map((at) => labels[at] ?? -1)),
  ];
  const first = labelled.slice(0, most);
  const found = classesOf(labelled);
  if (classesOf(first).length === found.length) return Int32Array.from(first);
  const classes = found.map((label) => labelled.filter((at) => labels[at] === label));
  const longest = Math.max(...classes.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, turn) =>
    classes.flatMap((of) => of.slice(turn, turn + 1)),
  );
  return Int32Array.from(inTurn.flat().slice(0, most));
}
