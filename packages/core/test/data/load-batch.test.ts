import { arrayDataset, augmentation, channelStatistics, loadBatch } from '../../src/data/index.js';
import { createRandom } from '../../src/random/index.js';
import type { Augmentation, InMemoryDataset } from '../../src/data/index.js';
import type { Random } from '../../src/random/index.js';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';

const dataset = (images: readonly number[], imageShape: [number, number, number]): InMemoryDataset => {
  const size = images.length / imageShape.reduce((product, axis) => product * axis);
  return arrayDataset({
    images: Uint8Array.from(images),
    labels: new Int32Array(size),
    imageShape,
    classes: 1,
  });
};

/** Leaves the pixels as they are: `(pixel / 255 − 0) / (1 / 255)`. */
const asPixels = { mean: [0], std: [1 / 255] };

/** Gives these numbers, one after the other, and checks which bound is asked for. */
function scripted(...answers: readonly (readonly [below: number, answer: number])[]): Random {
  let next = 0;
  const integer = (below: number): number => {
    const [expected, answer] = answers[next++] ?? [];
    expect(below).toBe(expected);
    return answer ?? NaN;
  };
  return { ...createRandom(0), integer };
}

describe('normalization', () => {
  it('is (pixel / 255 − mean) / std per channel', () => {
    const images = dataset([0, 255, 51, 102], [1, 2, 2]);
    const batch = loadBatch(images, [0], { normalization: { mean: [0.5, 0.2], std: [0.25, 0.5] } });
    // (0 − 0.5) / 0.25, (1 − 0.2) / 0.5, (0.2 − 0.5) / 0.25, (0.4 − 0.2) / 0.5
    expectClose(batch, [-2, 1.6, -1.2, 0.4], 1e-6);
  });

  it('takes the images in the order that is asked for, also twice', () => {
    const images = dataset([10, 11, 20, 21, 30, 31], [1, 2, 1]);
    const batch = loadBatch(images, Int32Array.of(2, 0, 2), { normalization: asPixels });
    expectClose(batch, [30, 31, 10, 11, 30, 31], 1e-4);
  });

  it('gives mean 0 and deviation 1 with the statistics of the dataset', () => {
    const images = dataset([0, 10, 50, 10, 200, 10, 250, 10], [2, 1, 2]);
    const { mean, std } = channelStatistics(images);
    // Channel 0 is 0, 50, 200, 250 and channel 1 constant: deviation 1 stands for 0 there.
    expectClose(mean, [125 / 255, 10 / 255], 1e-9);
    expectClose(std, [Math.sqrt((125 ** 2 + 75 ** 2 + 75 ** 2 + 125 ** 2) / 4) / 255, 1], 1e-9);
    const batch = loadBatch(images, [0, 1], { normalization: { mean, std } });
    const first = [...batch].filter((_, at) => at % 2 === 0);
    expect(first.reduce((sum, value) => sum + value)).toBeCloseTo(0, 5);
    expect(first.reduce((sum, value) => sum + value ** 2, 0) / 4).toBeCloseTo(1, 5);
  });
});

it('a batch beyond any memory is an error that says its size', async () => {
  const vast: InMemoryDataset = { ...dataset([1], [1, 1, 1]), imageShape: [2 ** 17, 2 ** 17, 1] };
  const error = await caught(() => loadBatch(vast, [0, 0], { normalization: asPixels }));
  expect(error.code).toBe('engine');
  expect(error.message).toMatch(
    /^a batch of 2 images of 131072×131072×1: expected memory, got .+\. Use a smaller batch\.$/,
  );
});

describe('augmentation', () => {
  // 1 2 3
  // 4 5 6
  // 7 8 9
  const nine = dataset([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3, 1]);
  const crop = augmentation({ padCrop: 1, flip: true, padValue: 50 });
  const cropped = (random: Random): number[] => {
    const batch = loadBatch(nine, [0], { normalization: asPixels, augmentation: crop }, random);
    return [...batch].map(Math.round);
  };

  it('pads, crops one row up and one column right', () => {
    // Draws 0…2 stand for −1…1: first rows, then columns; then no flip.
    expect(cropped(scripted([3, 0], [3, 2], [2, 0]))).toEqual([50, 50, 50, 2, 3, 50, 5, 6, 50]);
  });

  it('mirrors the crop left-right', () => {
    expect(cropped(scripted([3, 0], [3, 2], [2, 1]))).toEqual([50, 50, 50, 50, 3, 2, 50, 6, 5]);
  });

  it('leaves the image as it is at the middle draw', () => {
    expect(cropped(scripted([3, 1], [3, 1], [2, 0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('flips pixels, not channels', () => {
    const images = dataset([1, 2, 3, 4], [1, 2, 2]);
    const flipped = loadBatch(
      images,
      [0],
      {
        normalization: { mean: [0, 0], std: [1 / 255, 1 / 255] },
        augmentation: augmentation({ flip: true }),
      },
      scripted([2, 1]),
    );
    expectClose(flipped, [3, 4, 1, 2], 1e-4);
  });

  it('draws for each image of a batch on its own, reaches all places, and repeats with its seed', () => {
    const positions = new Int32Array(200);
    const batch = (seed: number): Float32Array =>
      loadBatch(nine, positions, { normalization: asPixels, augmentation: crop }, createRandom(seed));
    const found = batch(1);
    const images = Array.from({ length: 200 }, (_, index) => found.subarray(9 * index, 9 * index + 9).join());
    // 3 × 3 places, mirrored or not.
    expect(new Set(images).size).toBe(18);
    expect(batch(1)).toEqual(found);
    expect(batch(2)).not.toEqual(found);
  });

  it.each<[Partial<Augmentation>, RegExp]>([
    [{ padCrop: -1 }, /augmentation\.padCrop: expected a whole number, at least 0, got -1/],
    [{ padValue: 256 }, /augmentation\.padValue: expected a number from 0 to 255, got 256/],
    [{ crop: 4 } as object, /got 'crop'/],
  ])('refuses %j', (options, message) => {
    expect(() => augmentation(options)).toThrow(message);
  });
});
