import { describeValue, DistillError } from '../error/index.js';
import { expectKnown } from '../option/index.js';
import { expectDatasetLike, expectImageShape, expectSize } from './check-dataset.js';
import type { Dataset, InMemoryDataset } from './dataset.js';
import { pixelSums } from './pixel-sums.js';
import type { PixelSums } from './pixel-sums.js';
import { readImages } from './read-images.js';

/** Mean and standard deviation per channel, of pixels in 0…1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The lowest pixel of the images that were read for measured statistics. */
const lowest = new WeakMap<Normalization, number>();

/** Images that are read together where a dataset reads. */
const TOGETHER = 64;

/**
 * Mean and standard deviation per channel over all images of a dataset; a constant channel gets deviation 1. Images whose
 * `pixelSums` the dataset knows are not read.
 *
 * @returns a promise where the dataset reads its images
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

/** @param count pixels per channel that were summed */
function statisticsOf(
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

/** What a dataset of a user's own says of an image: numbers that are not there would count as 0. */
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

/** Reads images, looks at each as it arrives, and hands on what was seen in order: sums are the same to the last bit. */
function eachImage<Seen>(
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
    const expected =
      'mean and deviation per channel, such as the `normalization` of a result or channelStatistics(train)';
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
      got: Array.isArray(values) ? `[${values.join(', ')}]` : describeValue(values),
    });
  };
  check('mean', 'one finite number', Number.isFinite);
  check('std', 'one number above 0', (value) => Number.isFinite(value) && (value as number) > 0);
}

/** True when a dataset gives its first image at once; else one image was asked for. */
export function isAtHand(dataset: Dataset): boolean {
  const reading = readImages(dataset, [0], () => undefined);
  // Who needs that image asks again, and is told what is wrong.
  reading?.catch(() => undefined);
  return reading === undefined;
}

const BYTES = 'Read bytes as Uint8Array, not as Int8Array';

/** Images that are looked at to tell the scale of the pixels. */
const LOOKED_AT = 256;

/**
 * Notices pixels and a normalization of different scales: pixels of 0…1 or of 16 bits, a mean of 125 instead of 0.49. The
 * network would see almost the same number everywhere, or numbers of hundreds.
 *
 * @param instead what else than scaling the pixels helps
 * @returns mean and deviation per channel of the images that were looked at
 * @throws DistillError code `data`, or `option` where the normalization is the odd one
 */
export async function expectPixelScale(
  dataset: Dataset,
  { mean, std }: Normalization,
  instead = '',
): Promise<Normalization> {
  let [low, high] = [Infinity, -Infinity];
  const channels = dataset.imageShape[2];
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  const count = Math.min(LOOKED_AT, dataset.size);
  const some = Array.from({ length: count }, (_, at) => Math.floor((at * dataset.size) / count));
  const look = (pixels: ArrayLike<number>): void => {
    for (let place = 0; place < pixels.length; place++) {
      const value = pixels[place] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
      sums[place % channels] = (sums[place % channels] ?? 0) + value;
      squares[place % channels] = (squares[place % channels] ?? 0) + value ** 2;
    }
  };
  await eachImage(dataset, some, look, () => undefined);
  const seen = statisticsOf({ sums, squares }, count * dataset.imageShape[0] * dataset.imageShape[1]);
  const refusePixels = (hint: string): never => {
    throw new DistillError({
      code: 'data',
      where: `dataset '${dataset.name}'`,
      expected: 'pixels from 0 to 255, as `normalization` is given',
      got: `values from ${low} to ${high}`,
      hint: `${hint}${instead}.`,
    });
  };
  // Whoever says 0 and 1 hands over values that are standardized already, and such are negative too.
  const isStandardized = low < 0 && mean.every((value) => value === 0) && std.every((value) => value === 1);
  // Sharpened or interpolated images overshoot a little.
  if (high > 512 && !isStandardized) refusePixels('Scale the pixels');
  if (low <= -100 && mean.some((value) => value > 0.05)) refusePixels(BYTES);
  if (mean.some((value) => Math.abs(value) > 4) || std.some((value) => value > 10)) {
    const pair = (values: readonly number[]): string =>
      values.map((value) => value.toPrecision(4)).join(', ');
    throw new DistillError({
      code: 'option',
      where: 'normalization',
      expected: 'mean and std of pixels divided by 255',
      got: `mean ${pair(mean)}, std ${pair(std)}`,
      hint: `Divide both by 255: mean ${pair(mean.map((value) => value / 255))}, std ${pair(std.map((value) => value / 255))}.`,
    });
  }
  const spread = (high - low) / 255 / Math.min(...std);
  if (low < -16 || high > 16 || high === low || spread > 0.1) return seen;
  return refusePixels('Multiply the pixels by 255');
}

/**
 * Notices statistics of pixels that are not from 0 to 255. Training by them works, but a student in use is given 0…255. Whole
 * numbers are told from floats of 0…1 without another look: the squares of those are smaller than themselves.
 *
 * @returns the warning
 */
export function measuredScaleWarning(name: string, measured: Normalization): string | undefined {
  const { mean, std } = measured;
  // The deviation of a constant channel is said to be 1; pixels of 0…255 divided by 255 have at most 0.5.
  if (std.every((deviation) => deviation === 1))
    return `All images of dataset '${name}' are the same plain colour, so nothing can be learned from them.`;
  const isSmall = mean.every((value, channel) => {
    const deviation = std[channel] ?? 0;
    const square = deviation === 1 ? value ** 2 : value ** 2 + deviation ** 2;
    return value < 0 || 255 * square <= value * (1 + 1e-6);
  });
  // Pixels of 16 bits, for instance.
  const isLarge = mean.some((value) => value > 1);
  const low = lowest.get(measured) ?? 0;
  // Sharpened or interpolated images are a little below 0.
  const isSigned = low < -25 * ((mean[0] ?? 0) + 2 * (std[0] ?? 0));
  if (!isSmall && !isLarge && !isSigned) return undefined;
  const what = isSigned ? `the lowest is ${low}` : `their mean is ${(255 * (mean[0] ?? 0)).toPrecision(2)}`;
  const signed = low <= -100 ? `${BYTES}. ` : '';
  return `Pixels of dataset '${name}' are not from 0 to 255: ${what}. ${signed}Training works, because the normalization is measured, but a student in use is given 0 to 255. Scale the pixels of all datasets to that.`;
}

/**
 * Notices images for measuring that are much darker or brighter than those for training, in every channel: means that differ by
 * more than a deviation, or deviations of which one is below a third of the other.
 *
 * @param seen of the images for measuring
 * @param trained of the training images, or the normalization
 * @returns the warning
 */
export function otherScaleWarning(
  what: string,
  seen: Normalization,
  trained: Normalization,
): string | undefined {
  const isOther = seen.mean.every((mean, channel) => {
    const [own, theirs] = [seen.std[channel] ?? 1, trained.std[channel] ?? 1];
    return (
      Math.abs(mean - (trained.mean[channel] ?? 0)) > Math.max(own, theirs) ||
      Math.max(own / theirs, theirs / own) > 3
    );
  });
  if (!isOther) return undefined;
  const words = ({ mean, std }: Normalization): string =>
    `${(255 * (mean[0] ?? 0)).toPrecision(3)} ± ${(255 * (std[0] ?? 0)).toPrecision(3)}`;
  return `Pixels of ${what} are on another scale than those for training: ${words(seen)} against ${words(trained)} (mean ± deviation). Accuracy on them says little; scale all datasets alike.`;
}
