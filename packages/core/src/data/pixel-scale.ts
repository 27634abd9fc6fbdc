import { DistillError } from '../error/index.js';
import type { Dataset } from './dataset.js';
import { eachImage, lowest, statisticsOf } from './normalization.js';
import type { Normalization } from './normalization.js';

const BYTES = 'Read bytes as Uint8Array, not as Int8Array';

/** Maximum number of images read to detect the scale of the pixels. */
const LOOKED_AT = 256;

/**
 * Detects pixels and a normalization of different scales: pixels in 0…1 or of 16 bits, a mean of 125 instead of
 * 0.49. The network's inputs would be almost constant, or in the hundreds.
 *
 * @param instead an alternative to scaling the pixels, for the hint
 * @returns mean and deviation per channel of the images that were read
 * @throws DistillError code `data`, or `option` if the normalization is at fault
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
  // Mean 0 and std 1 mean that the values are already standardized; then some are negative.
  const isStandardized = low < 0 && mean.every((value) => value === 0) && std.every((value) => value === 1);
  // Sharpened or interpolated images overshoot a little.
  if (high > 512 && !isStandardized) refusePixels('Scale the pixels');
  if (low <= -100 && mean.some((value) => value > 0.05)) refusePixels(BYTES);
  expectDivided({ mean, std }, seen.std);
  const spread = (high - low) / 255 / Math.min(...std);
  if (low < -16 || high > 16 || high === low || spread > 0.1) return seen;
  return refusePixels('Multiply the pixels by 255');
}

/**
 * Detects a normalization for pixels that were not divided by 255, or divided twice: inputs would be almost
 * constant, or in the hundreds.
 *
 * @param deviation standard deviation of the pixels, per channel
 * @throws DistillError code `option`
 */
export function expectDivided(
  { mean, std }: Normalization,
  deviation: readonly number[],
  where = 'normalization',
): void {
  const isLarge = mean.some((value) => Math.abs(value) > 4) || std.some((value) => value > 10);
  // The deviation of undivided pixels is at most 127.5. That of a constant channel is reported as 1.
  const isSmall = std.every((value, channel) => {
    const seen = deviation[channel] ?? 1;
    return seen !== 1 && seen / value > 128;
  });
  if (!isLarge && !isSmall) return;
  const pair = (factor: number): string => {
    const words = (values: readonly number[]): string =>
      values.map((value) => (factor * value).toPrecision(4)).join(', ');
    return `mean ${words(mean)}, std ${words(std)}`;
  };
  throw new DistillError({
    code: 'option',
    where,
    expected: 'mean and std of pixels divided by 255',
    got: pair(1),
    hint: isLarge
      ? `Divide both by 255: ${pair(1 / 255)}.`
      : `Inputs would be hundreds. If both were divided by 255 twice: ${pair(255)}.`,
  });
}

/**
 * Detects statistics of pixels that are not in 0…255. Training with them works, but a deployed student receives
 * 0…255. Floats in 0…1 are recognized from the statistics alone: their squares are smaller than the values.
 *
 * @returns the warning, undefined if there is none
 */
export function measuredScaleWarning(name: string, measured: Normalization): string | undefined {
  const { mean, std } = measured;
  // The deviation of a constant channel is reported as 1; pixels of 0…255 divided by 255 have at most 0.5.
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
  // Sharpened or interpolated images undershoot 0 a little.
  const isSigned = low < -25 * ((mean[0] ?? 0) + 2 * (std[0] ?? 0));
  if (!isSmall && !isLarge && !isSigned) return undefined;
  const what = isSigned ? `the lowest is ${low}` : `their mean is ${(255 * (mean[0] ?? 0)).toPrecision(2)}`;
  const signed = low <= -100 ? `${BYTES}. ` : '';
  return `Pixels of dataset '${name}' are not from 0 to 255: ${what}. ${signed}Training works, because the normalization is measured, but a student in use is given 0 to 255. Scale the pixels to that.`;
}

/**
 * Detects evaluation images on another scale than the training images. In every channel, the means differ by
 * more than the larger deviation, or one deviation is below a third of the other.
 *
 * @param seen statistics of the evaluation images
 * @param trained statistics of the training images, or the normalization
 * @returns the warning, undefined if there is none
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
