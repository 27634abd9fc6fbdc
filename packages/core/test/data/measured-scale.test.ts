import { arrayDataset, channelStatistics, measuredScaleWarning } from '../../src/data/index.js';
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
