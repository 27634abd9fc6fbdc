import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/index.js';

/** Field numbers of TIFF 6.0. */
const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offsets: 273,
  samples: 277,
  rows: 278,
  counts: 279,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  sampleFormat: 339,
};

/** A little-endian TIFF of these fields, whose pixels begin at byte 256. */
function tiff(
  fields: Partial<Record<keyof typeof TAGS, number | readonly number[]>>,
  pixels: readonly number[],
): Uint8Array {
  const bytes = new Uint8Array(256 + pixels.length);
  const view = new DataView(bytes.buffer);
  const entries = Object.entries(fields).sort(
    ([one], [other]) => TAGS[one as 'width'] - TAGS[other as 'width'],
  );
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, entries.length, 0]);
  let spare = 200;
  entries.forEach(([name, value], at) => {
    const values = [value].flat();
    const entry = 10 + 12 * at;
    view.setUint16(entry, TAGS[name as 'width'], true);
    view.setUint16(entry + 2, 3, true);
    view.setUint32(entry + 4, values.length, true);
    const place = values.length <= 2 ? entry + 8 : spare;
    if (place === spare) {
      view.setUint32(entry + 8, spare, true);
      spare += 2 * values.length;
    }
    values.forEach((each, index) => {
      view.setUint16(place + 2 * index, each, true);
    });
  });
  bytes.set(pixels, 256);
  return bytes;
}

const GREY = { width: 2, height: 2, bits: 8, compression: 1, photometric: 1, samples: 1 };
const COLOUR = { ...GREY, bits: [8, 8, 8], photometric: 2, samples: 3 };
const STRIP = { offsets: 256, rows: 2 };
const TILE = { tileWidth: 16, tileHeight: 16, tileOffsets: 256 };

/** A tile of 16×16 pixels with the image in its corner. */
const tileOf = (image: readonly (readonly number[])[]): number[] =>
  Array.from({ length: 256 }, (_, at) => image[2 * Math.floor(at / 16) + (at % 16)])
    .map((pixel, at) => (at % 16 < 2 && at < 32 ? pixel : undefined))
    .flatMap((pixel) => pixel ?? (image[0] ?? []).map(() => 0));

describe('TIFF', () => {
  it('reads strips of colours, and tiles of grey', async () => {
    const colours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const strip = await decodeImage(tiff({ ...COLOUR, ...STRIP, counts: 12 }, colours), 'a.tif');
    expect([...strip.raster.data]).toEqual(colours);
    const tile = tiff({ ...GREY, ...TILE, tileCounts: 256 }, tileOf([[1], [2], [3], [4]]));
    expect([...(await decodeImage(tile, 'a.tif')).raster.data]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    [
      'tiling with several channels',
      { ...COLOUR, ...TILE, tileCounts: 768 },
      tileOf([
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
        [10, 11, 12],
      ]),
    ],
    [
      'tiling with a predictor',
      { ...GREY, ...TILE, tileCounts: 256, predictor: 2 },
      tileOf([[1], [2], [3], [4]]),
    ],
    [
      'a plane for each channel',
      { ...COLOUR, rows: 2, offsets: [256, 260, 264], counts: [4, 4, 4], planes: 2 },
      [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
    ],
    [
      'a signed sample format',
      { ...GREY, ...STRIP, bits: 16, counts: 8, sampleFormat: 2 },
      [0, 0xd8, 0, 0x80, 0, 0, 0, 0x7f],
    ],
  ])('refuses %s, which would give wrong pixels', async (kind, fields, pixels) => {
    await expect(decodeImage(tiff(fields, pixels), 'a.tif')).rejects.toThrow(
      `TIFF: ${kind} is not supported: convert it to PNG.`,
    );
  });
});
