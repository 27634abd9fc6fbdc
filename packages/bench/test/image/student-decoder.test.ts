import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import { studentOf } from '@distilljs/core';
import type { Student } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/index.js';

const fixture = (name: string): URL => new URL(`fixtures/${name}`, import.meta.url);

/** A student whose logits are the pixels of an image of 24×16, divided by 255. */
function seeing(decode?: typeof decodeImage): Student {
  const pixels = 16 * 24 * 3;
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [16, 24, 3] }),
      tfl.layers.dense({ units: pixels, useBias: false, weights: [tf.eye(pixels)] }),
    ],
  });
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] };
  return studentOf(model, { metadata: { normalization }, ...(decode !== undefined && { decode }) });
}

describe('a student reads with sharp what it was trained on:', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  // The reader of CMYK in training has an inverse cosine transform of its own.
  it.each([
    ['cmyk.jpg', 1],
    ['rgb.jpg', 0],
    ['turned-6.jpg', 0],
    ['palette-clear.png', 0],
    ['interlaced.gif', 0],
    ['lzw.tiff', 0],
  ])('%s', async (name, most) => {
    const image = fixture(name);
    const found = (await seeing().classify(image)).logits;
    const wanted = (await seeing(decodeImage).classify(image)).logits;
    expect(wanted.some((value) => value > 0.5)).toBe(true);
    const apart = Array.from(found, (value, at) => Math.abs(value - (wanted[at] ?? NaN)));
    expect(Math.max(...apart) * 255).toBeLessThan(most + 1e-3);
  });

  it('or is told of the decoder for it', async () => {
    await expect(seeing().classify(fixture('rgb.bmp'))).rejects.toThrow(
      /rgb\.bmp: expected an image that can be read, got .*unsupported.*Pass \{ decode: decodeImage \}, of @distilljs\/bench\/data\/image: it reads BMP/,
    );
    expect((await seeing(decodeImage).classify(await readFile(fixture('rgb.bmp')))).logits).toHaveLength(
      1152,
    );
  });
});
