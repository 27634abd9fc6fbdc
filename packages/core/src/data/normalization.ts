import { DistillError } from '../error/index.js';
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
    const pixels = dataset.image(index);
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
  { mean, std }: Normalization,
  { imageShape: [, , channels] }: Dataset,
): void {
  const refuse = (what: string, expected: string, got: readonly number[]): never => {
    const where = `normalization.${what}`;
    throw new DistillError({
      code: 'option',
      where,
      expected: `${expected} per channel (${channels})`,
      got: `[${got.join(', ')}]`,
    });
  };
  if (mean.length !== channels || !mean.every(Number.isFinite)) refuse('mean', 'one finite number', mean);
  if (std.length !== channels || !std.every((value) => Number.isFinite(value) && value > 0)) {
    refuse('std', 'one number above 0', std);
  }
}
