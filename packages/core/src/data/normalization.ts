import { describeValue, DistillError } from '../error/index.js';
import { expectKnown } from '../option/index.js';
import { expectDatasetLike, expectImageShape, expectSize } from './check-dataset.js';
import type { Dataset, InMemoryDataset } from './dataset.js';
import { pixelSums } from './pixel-sums.js';
import type { PixelSums } from './pixel-sums.js';
import { readImages } from './read-images.js';

/** Mean and standard deviation per channel, `[channels]`, of pixels in 0…1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The lowest pixel among the images read for measured statistics; Infinity if all were bytes. */
export const lowest = new WeakMap<Normalization, number>();

/** Number of images read at the same time. */
const TOGETHER = 64;

/**
 * Mean and standard deviation per channel over all images of a dataset, for pixels divided by 255. A constant
 * channel gets deviation 1. Images whose `pixelSums` the dataset provides are not read.
 *
 * @returns the statistics; a promise if the dataset returns its images as promises
 * @throws DistillError code `data`, naming the first wrong image
 */
export function channelStatistics(dataset: InMemoryDataset): Normalization;
export function channelStatistics(dataset: Dataset): Normalization | Promise<Normalization>;
export function channelStatistics(dataset: Dataset): Normalization | Promise<Normalization> {
  expectDatasetLike('channelStatistics', dataset);
  expectSize('channelStatistics', dataset.size);
  expectImageShape('channelStatistics', dataset.imageShape);
  const [height, width, channels] = dataset.imageShape;
  const total = { sums: new Float64Array(channels), squares: new Float64Array(channels) };
  const add = ({ sums, squares }: PixelSums): void => {
    for (let channel = 0; channel < channels; channel++) {
      total.sums[channel] = (total.sums[channel] ?? 0) + (sums[channel] ?? 0);
      total.squares[channel] = (total.squares[channel] ?? 0) + (squares[channel] ?? 0);
    }
  };
  let low = Infinity;
  const look = (pixels: ArrayLike<number>): PixelSums => {
    // Bytes are not below 0.
    if (!(pixels instanceof Uint8Array))
      for (let at = 0; at < pixels.length; at++) low = Math.min(low, pixels[at] ?? 0);
    return pixelSums(pixels, channels);
  };
  const statistics = (): Normalization => {
    const found = statisticsOf(total, dataset.size * height * width);
    lowest.set(found, low);
    return found;
  };
  const unknown: number[] = [];
  for (let index = 0; index < dataset.size; index++) {
    const known: unknown = dataset.pixelSums?.(index);
    if (known === undefined) unknown.push(index);
    else add(checkedSums(dataset, index, known));
  }
  const reading = eachImage(dataset, unknown, look, add);
  return reading === undefined ? statistics() : reading.then(statistics);
}

/** @param count number of summed pixels per channel */
export function statisticsOf(
  { sums, squares }: { readonly sums: Float64Array; readonly squares: Float64Array },
  count: number,
): Normalization {
  const mean = [...sums].map((sum) => sum / count / 255);
  const std = [...squares].map((square, channel) => {
    const variance = square / count / 255 ** 2 - (mean[channel] ?? 0) ** 2;
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { mean, std };
}

/** Checks the sums that a user's dataset gives for an image: missing numbers would count as 0. */
function checkedSums(
  { name, imageShape: [, , channels] }: Dataset,
  index: number,
  given: unknown,
): PixelSums {
  const { sums, squares } = (given ?? {}) as { readonly sums?: unknown; readonly squares?: unknown };
  const fits = (values: unknown): boolean =>
    Array.isArray(values) && values.length === channels && values.every(Number.isFinite);
  if (fits(sums) && fits(squares)) return given as PixelSums;
  throw new DistillError({
    code: 'data',
    where: `dataset '${name}', pixelSums of image ${index}`,
    expected: `{ sums, squares } of ${channels} finite numbers each`,
    got: describeValue(given),
  });
}

/**
 * Reads images, calls `look` as each arrives and `use` in order, so that sums are reproducible to the last bit.
 */
export function eachImage<Seen>(
  dataset: Dataset,
  positions: readonly number[],
  look: (pixels: ArrayLike<number>) => Seen,
  use: (seen: Seen) => void,
  start = 0,
): Promise<void> | undefined {
  for (let first = start; first < positions.length; first += TOGETHER) {
    const seen: Seen[] = [];
    const reading = readImages(dataset, positions.slice(first, first + TOGETHER), (pixels, place) => {
      seen[place] = look(pixels);
    });
    if (reading !== undefined)
      return reading.then(() => {
        seen.forEach(use);
        return eachImage(dataset, positions, look, use, first + TOGETHER);
      });
    seen.forEach(use);
  }
  return undefined;
}

/** @throws DistillError code `option` unless there is one mean and one deviation per channel of the dataset */
export function expectNormalization(
  normalization: Normalization,
  { imageShape: [, , channels] }: Pick<Dataset, 'imageShape'>,
  where = 'normalization',
): void {
  const given = normalization as Partial<Record<'mean' | 'std', unknown>> | undefined;
  if (given === undefined) {
    const expected = 'mean and std per channel, such as channelStatistics(train)';
    throw new DistillError({ code: 'option', where, expected, got: 'nothing' });
  }
  expectKnown(where, given, ['mean', 'std']);
  const check = (what: 'mean' | 'std', expected: string, fits: (value: unknown) => boolean): void => {
    const values = given[what];
    if (Array.isArray(values) && values.length === channels && values.every(fits)) return;
    throw new DistillError({
      code: 'option',
      where: `${where}.${what}`,
      expected: `${expected} per channel (${channels})`,
      hint: ArrayBuffer.isView(values) ? 'Write it as a list: `[...values]`.' : undefined,
      got: Array.isArray(values) ? `[${values.map(describeValue).join(', ')}]` : describeValue(values),
    });
  };
  check('mean', 'one finite number', Number.isFinite);
  check('std', 'one number above 0', (value) => Number.isFinite(value) && (value as number) > 0);
}

/** True if a dataset gives its first image synchronously; else this has requested one image. */
export function isAtHand(dataset: Dataset): boolean {
  const reading = readImages(dataset, [0], () => undefined);
  // An error is reported when the image is requested again.
  reading?.catch(() => undefined);
  return reading === undefined;
}
