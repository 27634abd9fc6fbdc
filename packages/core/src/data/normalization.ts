import { describeValue, DistillError } from '../error/index.js';
import { readImage } from './check-dataset.js';
import type { Dataset } from './dataset.js';

/** Mean and standard deviation per channel, of pixels in 0…1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Mean and standard deviation per channel over all images of a dataset; a constant channel gets deviation 1. */
export function channelStatistics(dataset: Dataset): Normalization {
  const channels = dataset.imageShape[2];
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let index = 0; index < dataset.size; index++) {
    const pixels = readImage(dataset, index);
    for (let at = 0; at < pixels.length; at++) {
      const channel = at % channels;
      const value = (pixels[at] ?? 0) / 255;
      sum[channel] = (sum[channel] ?? 0) + value;
      squares[channel] = (squares[channel] ?? 0) + value * value;
    }
  }
  const count = dataset.size * dataset.imageShape[0] * dataset.imageShape[1];
  const mean = [...sum].map((total) => total / count);
  const std = [...squares].map((total, channel) => {
    const variance = total / count - (mean[channel] ?? 0) ** 2;
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { mean, std };
}

/** @throws DistillError code `option` unless there is one mean and one deviation per channel of the dataset */
export function expectNormalization(
  normalization: Normalization,
  { imageShape: [, , channels] }: Dataset,
): void {
  const given = normalization as Partial<Record<'mean' | 'std', unknown>> | undefined;
  if (given === undefined) {
    const expected =
      'mean and deviation per channel, such as the `normalization` of a result or channelStatistics(train)';
    throw new DistillError({ code: 'option', where: 'normalization', expected, got: 'nothing' });
  }
  const check = (what: 'mean' | 'std', expected: string, fits: (value: unknown) => boolean): void => {
    const values = given[what];
    if (Array.isArray(values) && values.length === channels && values.every(fits)) return;
    throw new DistillError({
      code: 'option',
      where: `normalization.${what}`,
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
export function expectPixelScale(dataset: Dataset, { std }: Normalization): void {
  let [low, high] = [Infinity, -Infinity];
  const count = Math.min(LOOKED_AT, dataset.size);
  for (let at = 0; at < count; at++) {
    const pixels = readImage(dataset, Math.floor((at * dataset.size) / count));
    for (let place = 0; place < pixels.length; place++) {
      const value = pixels[place] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
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
