import { dataError } from '../bytes/byte-stream.js';
import type { Numbers } from '../bytes/numbers.js';

/** More classes than any image dataset has. */
const MOST_CLASSES = 10_000;

export interface LabelRules {
  /** The file, and the array in it. */
  readonly where: string;
  /** Number of images. */
  readonly images: number;
  /** The label of the first class. Default: 0. */
  readonly firstLabel?: number | undefined;
  /** How many classes there are. Default: up to the highest label. */
  readonly classes?: number | undefined;
  /** How to choose another split, for messages, e.g. `, e.g. dataset.testSplit: validation`. */
  readonly unlabelled?: string | undefined;
  /** What to do with labels that count from 1, for messages. Default: to set `dataset.firstLabel`. */
  readonly fromOne?: string | undefined;
}

/**
 * Class indices from 0, from a file's labels.
 *
 * @throws DistillError code `data`: more or fewer labels than images, −1 (no label), fractions, or labels out of range
 */
export function classLabels({ values, least, most }: Numbers, rules: LabelRules): Int32Array {
  const { where, images, firstLabel = 0, classes = MOST_CLASSES } = rules;
  if (values.length !== images) {
    const expected = `as many labels as images, ${images.toLocaleString('en-US')}`;
    const hint = 'Use the original images and labels of the same split.';
    throw dataError(where, expected, values.length.toLocaleString('en-US'), hint);
  }
  const wrong = values.findIndex(
    (value) => !(Number.isInteger(value) && value >= firstLabel && value < firstLabel + classes),
  );
  if (wrong >= 0) throw wrongLabel(values[wrong] ?? NaN, wrong, { least, most }, rules, classes);
  return Int32Array.from(values, (value) => value - firstLabel);
}

function wrongLabel(
  label: number,
  image: number,
  { least, most }: Pick<Numbers, 'least' | 'most'>,
  { where, firstLabel = 0, unlabelled = '', fromOne = 'Set dataset.firstLabel to 1.' }: LabelRules,
  classes: number,
): Error {
  const last = firstLabel + classes - 1;
  const expected = `labels from ${firstLabel} to ${last.toLocaleString('en-US')}`;
  return dataError(where, expected, `${label} for image ${image}`, hintFor());

  function hintFor(): string {
    if (label === -1)
      return `Images without labels (−1), as in the test parts of contests: use a part that has labels${unlabelled}.`;
    if (!Number.isInteger(label)) return 'Labels are whole numbers, one per image.';
    if (firstLabel === 0 && least === 1 && most === classes) return `Do the labels count from 1? ${fromOne}`;
    return 'Is this the file of the labels, and of this dataset?';
  }
}
