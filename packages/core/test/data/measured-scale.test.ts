import {
  arrayDataset,
  channelStatistics,
  expectPixelScale,
  measuredScaleWarning,
  otherScaleWarning,
} from '../../src/data/index.js';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';

const warned = (images: ArrayLike<number>, channels = 1): string | undefined =>
  measuredScaleWarning(
    'mine',
    channelStatistics(
      arrayDataset({ images, imageShape: [1, images.length / channels, channels], classes: 2 }),
    ),
  );

it.each<[string, ArrayLike<number>, number?]>([
  ['floats of 0…1', Float32Array.of(0, 0.25, 0.5, 1)],
  ['16 bits', Uint16Array.of(0, 9000, 65535, 30000)],
  ['zeros and ones', Uint8Array.of(0, 1, 1, 0)],
  ['standardized floats', Float32Array.of(-2, 1, 0.5, 0.25)],
  ['bytes that were read as Int8Array', Int8Array.of(0, 120, -1, 30, -96, 45)],
  ['dark images that were read as Int8Array', Int8Array.of(0, 0, 0, 0, 3, 60, 127, 0, -128, 0, 1, 30)],
  ['floats of −1…1', Float32Array.of(-1, 0.9, 0.25, -0.5, 0.75, 0)],
  ['floats of 0…1 beside a channel that is 1 throughout', Float32Array.of(0, 1, 0.5, 1, 0.75, 1), 2],
])('a measured normalization of %s is warned of', (_, images, channels) => {
  expect(warned(images, channels)).toMatch(/^Pixels of dataset 'mine' are not from 0 to 255/);
});

it.each<[string, ArrayLike<number>, number?]>([
  ['photographs', Uint8Array.of(0, 120, 255, 30)],
  ['sharpened photographs', Float32Array.of(-12, 120, 266, 30)],
  ['almost black images', Uint8Array.from({ length: 1000 }, (_, at) => (at === 7 ? 2 : 0))],
  ['images with a constant channel', Uint8Array.of(0, 255, 90, 255, 200, 255), 2],
])('a measured normalization of %s is not', (_, images, channels) => {
  expect(warned(images, channels)).toBeUndefined();
});

it('a measured normalization of signed bytes says how bytes are read', () => {
  expect(warned(Int8Array.of(0, 120, -128, 30))).toContain(
    "Pixels of dataset 'mine' are not from 0 to 255: the lowest is -128. Read bytes as Uint8Array, not as Int8Array. ",
  );
});

it('signed bytes are refused where the normalization says that pixels are not, and else taken', async () => {
  const data = arrayDataset({ images: Int8Array.of(0, 120, -128, 30), imageShape: [2, 2, 1], classes: 2 });
  const error = await caught(() => expectPixelScale(data, { mean: [0.49], std: [0.25] }));
  expect(error.message).toBe(
    "dataset 'array': expected pixels from 0 to 255, as `normalization` is given, got values from -128 to 120. Read bytes as Uint8Array, not as Int8Array.",
  );
  await expectPixelScale(data, { mean: [0], std: [0.25] });
});

it('a normalization that was divided by 255 twice is refused; one that leaves pixels as they are is taken', async () => {
  const images = Uint8Array.of(0, 120, 255, 30, 60, 200);
  const data = arrayDataset({ images, imageShape: [1, 3, 2], classes: 2 });
  const std = [0.25 / 255, 0.25 / 255];
  const error = await caught(() => expectPixelScale(data, { mean: [0.5 / 255, 0.5 / 255], std }));
  expect(error.message).toBe(
    'normalization: expected mean and std of pixels divided by 255, got mean 0.001961, 0.001961, std 0.0009804, 0.0009804. Inputs would be hundreds. If both were divided by 255 twice: mean 0.5000, 0.5000, std 0.2500, 0.2500.',
  );
  await expectPixelScale(data, { mean: [0, 0], std: [1 / 255, 1 / 255] });
  // The deviation of a channel that is the same throughout is said to be 1.
  const plain = arrayDataset({ images: Uint8Array.of(0, 9, 0, 9), imageShape: [1, 1, 2], classes: 2 });
  await expectPixelScale(plain, { mean: [0, 0], std: [1 / 255, 1 / 255] });
  const sparse = arrayDataset({
    images: Uint8Array.from({ length: 4000 }, (_, at) => (at === 7 ? 200 : 0)),
    imageShape: [20, 20, 1],
    classes: 2,
  });
  await expectPixelScale(sparse, channelStatistics(sparse));
});

const seen = (mean: number, deviation: number): { mean: number[]; std: number[] } => ({
  mean: [mean / 255],
  std: [deviation / 255],
});

it.each([
  ['dark', 12, 8],
  ['white', 250, 4],
  ['bright', 200, 60],
  ['flat', 120, 15],
])('%s images for measuring are warned of by name', (_, mean, deviation) => {
  expect(otherScaleWarning("dataset 'mine'", seen(mean, deviation), seen(120, 64))).toBe(
    `Pixels of dataset 'mine' are on another scale than those for training: ${mean.toFixed(deviation === 8 ? 1 : 0)} ± ${deviation.toPrecision(3)} against 120 ± 64.0 (mean ± deviation). Accuracy on them says little; scale all datasets alike.`,
  );
});

it.each([
  ['the same', 120, 64],
  ['a little darker', 80, 50],
  ['a little flatter', 130, 30],
])('images for measuring that are %s are not', (_, mean, deviation) => {
  expect(otherScaleWarning("dataset 'mine'", seen(mean, deviation), seen(120, 64))).toBeUndefined();
});
