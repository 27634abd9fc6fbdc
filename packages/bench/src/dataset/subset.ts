import { createHash } from 'node:crypto';
import type { Dataset, Random } from '@distilljs/core';
import { DistillError } from '@distilljs/core';
import { allSingle, stratified } from './stratified.js';

/** SHA-256 of these parts, as 64 hexadecimal digits. */
export function digest(...parts: (string | Int32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes =
      typeof part === 'string'
        ? new TextEncoder().encode(part)
        : new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest('hex');
}

/**
 * Checks that `index` is one of the dataset's images.
 *
 * @param name the dataset's name
 * @throws DistillError code `data`
 */
export function expectIndex(name: string, index: number, size: number): void {
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new DistillError({
    code: 'data',
    where: `${name}: image(index)`,
    expected: `a whole number from 0 to ${size - 1}`,
    got: String(index),
  });
}

/**
 * The images of `dataset` at these positions, in this order. Pixels are not copied.
 *
 * @throws DistillError code `data` for a position outside the dataset
 */
export function subset<D extends Dataset>(dataset: D, positions: ArrayLike<number>): D {
  const kept = Int32Array.from(positions);
  kept.forEach((position) => {
    expectIndex(dataset.name, position, dataset.size);
  });
  const { name, imageShape, classes, classNames, resize } = dataset;
  return {
    ...dataset,
    // A class's accessors are not own properties: the line above loses them.
    ...{ name, imageShape, classes, classNames, resize },
    size: kept.length,
    labels: dataset.labels && kept.map((position) => dataset.labels?.[position] ?? -1),
    superclasses: dataset.superclasses && kept.map((position) => dataset.superclasses?.[position] ?? 0),
    weights: dataset.weights && Float32Array.from(kept, (position) => dataset.weights?.[position] ?? 1),
    image(index: number) {
      expectIndex(dataset.name, index, kept.length);
      return dataset.image(kept[index] ?? 0);
    },
    ...(dataset.pixelSums && { pixelSums: (index: number) => dataset.pixelSums?.(kept[index] ?? 0) }),
    fingerprint: digest(dataset.fingerprint, kept),
  };
}

/** The first `count` images; all where there are no more, or `count` is undefined. */
export function firstImages<D extends Dataset>(dataset: D, count: number | undefined): D {
  return count === undefined || count >= dataset.size
    ? dataset
    : subset(
        dataset,
        Array.from({ length: count }, (_, index) => index),
      );
}

/** A dataset in two parts. */
export interface SplitDataset<D extends Dataset = Dataset> {
  readonly train: D;
  readonly validation: D;
  /** What the user should know about the split; undefined where it is as requested. */
  readonly note: string | undefined;
}

/**
 * Splits off a share of every class for validation.
 *
 * From each class it takes `fraction · count` images, rounded so that they sum to `round(fraction · labelled)` (largest
 * remainders first); `random` decides which. One image of each class always stays in training. Both parts keep the dataset's order.
 * Unlabelled images stay in training.
 *
 * @param fraction above 0 and below 1
 * @throws DistillError code `option` when the fraction is out of range, or leaves one part empty
 */
export function splitValidation<D extends Dataset>(
  dataset: D,
  fraction: number,
  random: Random,
): SplitDataset<D> {
  return splitOff(dataset, fraction, random, { where: 'validationFraction', part: 'validation' });
}

/**
 * {@link splitValidation} for a part of any name.
 *
 * @param names the option that has the fraction, and what the part is for, in messages
 */
export function splitOff<D extends Dataset>(
  dataset: D,
  fraction: number,
  random: Random,
  { where, part: name }: { readonly where: string; readonly part: string },
): SplitDataset<D> {
  const labels = dataset.labels ?? new Int32Array(0);
  const labelled = labels.filter((label) => label >= 0).length;
  const wanted = Math.round(fraction * labelled);
  if (!(fraction > 0 && fraction < 1) || (labelled > 0 && (wanted === 0 || wanted === labelled))) {
    const which = labelled === dataset.size ? '' : ' labelled images';
    throw new DistillError({
      code: 'option',
      where,
      expected: `a number between 0 and 1 that leaves images in both parts of ${labelled}${which}`,
      got: String(fraction),
    });
  }
  const { chosen, byClass, quotas } = stratified(labels, dataset.classes, wanted, random, fraction);
  if (chosen.size === 0) throw allSingle(where, name, dataset.classes);
  const positions = Array.from({ length: dataset.size }, (_, position) => position);
  const part = (isChosen: boolean): D =>
    subset(
      dataset,
      positions.filter((position) => chosen.has(position) === isChosen),
    );
  return {
    train: part(false),
    validation: part(true),
    note: splitNote(byClass, quotas, wanted - chosen.size),
  };
}

function splitNote(
  byClass: readonly (readonly number[])[],
  quotas: readonly number[],
  missing: number,
): string | undefined {
  const kept = byClass.filter((positions, label) => positions.length === 1 && quotas[label] === 0).length;
  if (kept === 0) return undefined;
  const which =
    kept === 1
      ? 'One class has a single image, which stays'
      : `${kept} classes have a single image each, which stay`;
  const fewer = missing > 0 ? `; validation has ${missing} fewer images than asked for` : '';
  return `${which} in training: validation does not measure ${kept === 1 ? 'it' : 'them'}${fewer}.`;
}
