import { readFileSync } from 'node:fs';
import { arrayDataset } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { corrupted, corruptionsFor } from '../../src/corruption/index.js';
import type { Corruption } from '../../src/corruption/index.js';

const fixture = JSON.parse(readFileSync(new URL('fixtures/blur.json', import.meta.url), 'utf8')) as {
  readonly shape: [number, number, number];
  readonly image: readonly number[];
  readonly blurred: Readonly<Record<string, readonly number[]>>;
};
type Shape = [number, number, number];
const one = (image: readonly number[], imageShape: Shape) =>
  arrayDataset({ name: 'one', images: Float32Array.from(image), labels: [0], imageShape, classes: 2 });
async function pixels(
  image: readonly number[],
  shape: Shape,
  corruption: Corruption,
  strength: number,
  seed = 0,
): Promise<number[]> {
  return [...(await (await corrupted(one(image, shape), corruption, strength, seed)).image(0))];
}

describe('corrupted images', () => {
  it.each([
    [1, '0.4'],
    [5, '1'],
  ])('are blurred as scipy does at strength %i', async (strength, deviation) => {
    const found = await pixels(fixture.image, fixture.shape, 'blur', strength);
    found.forEach((value, at) => {
      expect(value).toBeCloseTo(fixture.blurred[deviation]?.[at] ?? NaN, 3);
    });
  });

  it('lose contrast around each channel’s mean', async () => {
    // Means 100 and 20, factor 0.15: 100 ± 0.15 · 100 and 20 ± 0.15 · 20.
    expect(await pixels([0, 0, 200, 40], [1, 2, 2], 'contrast', 5)).toEqual(
      [85, 17, 115, 23].map((value) => expect.closeTo(value, 4) as number),
    );
  });

  it('become brighter with the same hue and saturation', async () => {
    // Value 100 + 0.1 · 255 = 125.5, so each channel times 1.255; black becomes grey; the rest is cut at 255.
    const found = await pixels([100, 50, 0, 0, 0, 0, 250, 125, 0], [1, 3, 3], 'brightness', 2);
    expect(found).toEqual(
      [125.5, 62.75, 0, 25.5, 25.5, 25.5, 255, 127.5, 0].map((value) => expect.closeTo(value, 3) as number),
    );
    expect(await pixels([100, 240], [1, 2, 1], 'brightness', 2)).toEqual([125.5, 255]);
  });

  it('get noise of the strength’s deviation, the same for every network, other for another seed', async () => {
    const grey = new Array<number>(32 * 32 * 3).fill(128);
    const found = await pixels(grey, [32, 32, 3], 'noise', 5);
    const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
    const deviation = Math.sqrt(found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length);
    expect(Math.abs(mean - 128)).toBeLessThan(2);
    expect(Math.abs(deviation - 25.5)).toBeLessThan(1);
    expect(await pixels(grey, [32, 32, 3], 'noise', 5)).toEqual(found);
    expect(await pixels(grey, [32, 32, 3], 'noise', 5, 1)).not.toEqual(found);
  });

  it('go through a JPEG file, the worse the lower its quality', async () => {
    const shape: Shape = [16, 16, 3];
    const image = Array.from({ length: 16 * 16 * 3 }, (_, at) => (at * 37) % 256);
    const error = async (strength: number): Promise<number> =>
      (await pixels(image, shape, 'jpeg', strength)).reduce(
        (sum, value, at) => sum + Math.abs(value - (image[at] ?? 0)),
        0,
      );
    const [light, heavy] = [await error(1), await error(5)];
    expect(light).toBeGreaterThan(0);
    expect(heavy).toBeGreaterThan(light);
    expect(await pixels(new Array<number>(64).fill(77), [8, 8, 1], 'jpeg', 1)).toEqual(
      new Array<number>(64).fill(77),
    );
  });

  it('depend on the number of channels', () => {
    expect(corruptionsFor([8, 8, 2])).toEqual(['noise', 'blur', 'contrast', 'brightness']);
    expect(corruptionsFor([8, 8, 1])).toContain('jpeg');
  });
});
