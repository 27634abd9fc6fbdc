import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/index.js';

/** Six colours, row by row, of an image of 3×2 pixels. */
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [10, 20, 30],
  [200, 100, 50],
  [255, 255, 255],
] as const;
const WIDTH = 3;
const HEIGHT = 2;
const PALETTE = COLOURS.flatMap(([red, green, blue]) => [blue, green, red, 0]);

interface Bmp {
  readonly bits: number;
  readonly packing?: number;
  readonly headerBytes?: number;
  readonly masks?: readonly number[];
  readonly palette?: readonly number[];
  readonly isTopDown?: boolean;
}

/** A BMP as Microsoft's "Bitmap Storage" lays it out; its rows are given as they are stored. */
function bmp(
  rows: readonly number[],
  { bits, packing = 0, headerBytes = 40, masks = [], palette = [], isTopDown }: Bmp,
): Uint8Array {
  const start = 14 + headerBytes + 4 * masks.length + palette.length;
  const bytes = new Uint8Array(start + rows.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, start, true);
  view.setUint32(14, headerBytes, true);
  if (headerBytes === 12) {
    [WIDTH, HEIGHT, 1, bits].forEach((value, at) => {
      view.setUint16(18 + 2 * at, value, true);
    });
  } else {
    view.setInt32(18, WIDTH, true);
    view.setInt32(22, isTopDown === true ? -HEIGHT : HEIGHT, true);
    view.setUint16(28, bits, true);
    view.setUint32(30, packing, true);
    view.setUint32(46, palette.length / 4, true);
  }
  masks.forEach((mask, at) => {
    view.setUint32(14 + headerBytes + 4 * at, mask, true);
  });
  bytes.set(palette, start - palette.length);
  bytes.set(rows, start);
  return bytes;
}

async function pixelsOf(bytes: Uint8Array): Promise<number[]> {
  const { raster } = await decodeImage(bytes, 'a.bmp');
  expect([raster.width, raster.height, raster.channels]).toEqual([WIDTH, HEIGHT, 3]);
  return [...raster.data];
}

const NOT = /is not supported: convert it to PNG/;

describe('BMP', () => {
  const flat = COLOURS.flat();
  const palette = PALETTE;
  const files: readonly (readonly [kind: string, bytes: Uint8Array])[] = [
    ['8 bits', bmp([3, 4, 5, 0, 0, 1, 2, 0], { bits: 8, palette })],
    ['8 bits from the top', bmp([0, 1, 2, 0, 3, 4, 5, 0], { bits: 8, palette, isTopDown: true })],
    [
      '32 bits with masks in another order',
      bmp(
        [3, 4, 5, 0, 1, 2].flatMap((at) => [...(COLOURS[at] ?? []), 0]),
        { bits: 32, packing: 3, masks: [0xff, 0xff00, 0xff0000] },
      ),
    ],
  ];
  it.each(files)('%s', async (_, bytes) => {
    expect(await pixelsOf(bytes)).toEqual(flat);
  });

  it('1 bit: rows are padded to four bytes', async () => {
    const rows = [0b0010_0000, 0, 0, 0, 0b1010_0000, 0, 0, 0];
    const [black, white] = [
      [0, 0, 0],
      [255, 255, 255],
    ];
    expect(await pixelsOf(bmp(rows, { bits: 1, palette: [0, 0, 0, 0, 255, 255, 255, 0] }))).toEqual(
      [white, black, white, black, black, white].flat(),
    );
  });

  it.each([
    ['a header that promises more', bmp([3, 4, 5], { bits: 8, palette }), /BMP: cut off/],
    ['4 bits with an odd width', bmp([0x34, 0x50, 0, 0, 0x01, 0x20, 0, 0], { bits: 4, palette }), NOT],
    ['16 bits', bmp([255, 127, 255, 127, 255, 127, 0, 0], { bits: 16 }), NOT],
    ['run lengths', bmp([3, 1, 0, 0, 3, 2, 0, 1], { bits: 8, packing: 1, palette }), NOT],
    ['a JPEG inside', bmp([0], { bits: 24, packing: 4 }), NOT],
    ["OS/2's header", bmp([3, 4, 5, 0, 0, 1, 2, 0], { bits: 8, headerBytes: 12 }), NOT],
  ])('refuses %s', async (_, bytes, reason) => {
    await expect(decodeImage(bytes, 'a.bmp')).rejects.toThrow(reason);
  });
});
