import {
  arrayDataset,
  channelStatistics,
  measuredScaleWarning,
  otherScaleWarning,
} from '../../src/data/index.js';
import { expect, it } from 'vitest';

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
  ['floats of 0…1 beside a channel that is 1 throughout', Float32Array.of(0, 1, 0.5, 1, 0.75, 1), 2],
])('a measured normalization of %s is warned of', (_, images, channels) => {
  expect(warned(images, channels)).toMatch(/^Pixels of dataset 'mine' are not from 0 to 255/);
});

it.each<[string, ArrayLike<number>, number?]>([
  ['photographs', Uint8Array.of(0, 120, 255, 30)],
  ['almost black images', Uint8Array.from({ length: 1000 }, (_, at) => (at === 7 ? 2 : 0))],
  ['images with a constant channel', Uint8Array.of(0, 255, 90, 255, 200, 255), 2],
])('a measured normalization of %s is not', (_, images, channels) => {
  expect(warned(images, channels)).toBeUndefined();
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
