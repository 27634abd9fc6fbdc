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
