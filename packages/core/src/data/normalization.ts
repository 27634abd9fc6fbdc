import { describeValue, DistillError } from '../error/index.js';
import type { Dataset, InMemoryDataset } from './dataset.js';
import { readImages } from './read-images.js';

/** Mean and standard deviation per channel, of pixels in 0…1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Images that are read together where a dataset reads. */
const TOGETHER = 64;

/**
 * Mean and standard deviation per channel over all images of a dataset; a constant channel gets deviation 1.
 *
 * @returns a promise where the dataset reads its images
 * @throws DistillError code `data`, naming the first wrong image
 */
export function channelStatistics(dataset: InMemoryDataset): Normalization;
export function channelStatistics(dataset: Dataset): Normalization | Promise<Normalization>;
export function channelStatistics(dataset: Dataset): Normalization | Promise<Normalization> {
  const channels = dataset.imageShape[2];
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const statistics = (): Normalization => {
    const count = dataset.size * dataset.imageShape[0] * dataset.imageShape[1];
    const mean = [...sum].map((total) => total / count);
    const std = [...squares].map((total, channel) => {
      const variance = total / count - (mean[channel] ?? 0) ** 2;
      return variance > 1e-12 ? Math.sqrt(variance) : 1;
    });
    return { mean, std };
  };
  const every = Int32Array.from({ length: dataset.size }, (_, index) => index);
  const reading = eachImage(dataset, every, (pixels) => {
    for (let at = 0; at < pixels.length; at++) {
      const channel = at % channels;
      const value = (pixels[at] ?? 0) / 255;
      sum[channel] = (sum[channel] ?? 0) + value;
      squares[channel] = (squares[channel] ?? 0) + value * value;
    }
  });
  return reading === undefined ? statistics() : reading.then(statistics);
}

/** Reads images and looks at each in order, whenever they arrive: sums are the same to the last bit. */
function eachImage(
  dataset: Dataset,
  positions: Int32Array,
  look: (pixels: ArrayLike<number>) => void,
  start = 0,
): Promise<void> | undefined {
  for (let first = start; first < positions.length; first += TOGETHER) {
    const some = positions.subarray(first, first + TOGETHER);
    const arrived = new Map<number, ArrayLike<number>>();
    let next = 0;
    const reading = readImages(dataset, some, (pixels, place) => {
      if (place === next) {
        look(pixels);
        next += 1;
        for (let early = arrived.get(next); early !== undefined; early = arrived.get(next)) {
          arrived.delete(next);
          look(early);
          next += 1;
        }
      } else {
        // What was at hand is overwritten; a copy waits for its turn.
        arrived.set(place, pixels instanceof Uint8Array ? pixels.slice() : Float64Array.from(pixels));
      }
    });
    if (reading !== undefined)
      return reading.then(() => eachImage(dataset, positions, look, first + TOGETHER));
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

/** Images that are looked at to tell the scale of the pixels. */
const LOOKED_AT = 256;

/**
 * Notices pixels of 0…1 (or around 0) under a normalization meant for 0…255: the network would see almost the same number
 * everywhere.
 *
 * @throws DistillError code `data`
 */
export async function expectPixelScale(dataset: Dataset, { std }: Normalization): Promise<void> {
  let [low, high] = [Infinity, -Infinity];
  const count = Math.min(LOOKED_AT, dataset.size);
  const some = Int32Array.from({ length: count }, (_, at) => Math.floor((at * dataset.size) / count));
  await eachImage(dataset, some, (pixels) => {
    for (let place = 0; place < pixels.length; place++) {
      const value = pixels[place] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  });
  const spread = (high - low) / 255 / Math.min(...std);
  if (low < -16 || high > 16 || high === low || spread > 0.1) return;
  throw new DistillError({
    code: 'data',
    where: `dataset '${dataset.name}'`,
    expected: 'pixels from 0 to 255, as `normalization` is given',
    got: `values from ${low} to ${high}`,
    hint: 'Multiply the pixels by 255, or leave `normalization` out: it is then measured.',
  });
}
