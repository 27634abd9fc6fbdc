import type { Raster } from '@distilljs/core';

/** What a BMP's header says. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly packing: number;
  /** Bit masks of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly number[];
  /** Red, green and blue by index, one after the other; black beyond its end. */
  readonly palette: Uint8Array;
  readonly pixelsAt: number;
}

/** OS/2's header, which has 16-bit sizes and palette entries of three bytes. */
const SHORT_HEADER = 12;
const [PLAIN, RLE8, RLE4, MASKS, MASKS_WITH_ALPHA] = [0, 1, 2, 3, 6];

/**
 * Decodes a BMP: pixels of 1, 2, 4 or 8 bits with a palette (also run-length encoded), of 16, 24 or 32 bits. Channels of fewer than
 * 8 bits are scaled to 0…255 and cut, as in Pillow. The fourth channel is seldom alpha: it is dropped, as in other readers.
 *
 * Source of the format: Microsoft, "Bitmap Storage" and "Bitmap Compression".
 *
 * @throws RangeError for a file that ends within the image; Error for another kind of BMP
 */
export function decodeBmp(bytes: Uint8Array): Raster {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  const { width, height, bits, isTopDown, packing } = header;
  const isRunLength = (packing === RLE8 && bits === 8) || (packing === RLE4 && bits === 4);
  const isKnown = isRunLength || [PLAIN, MASKS, MASKS_WITH_ALPHA].includes(packing);
  if (!isKnown || ![1, 2, 4, 8, 16, 24, 32].includes(bits))
    throw new Error(`${bits} bits a pixel with compression ${packing} is not supported: convert it to PNG`);
  // Before memory is taken for an image of which the file has nothing.
  const last = Math.ceil((width * bits) / 8);
  if (!isRunLength && header.pixelsAt + rowBytes(header) * (height - 1) + last > bytes.length)
    throw new RangeError('premature end');
  const data = new Uint8Array(width * height * 3);
  const indices = isRunLength ? runLengthIndices(view, header) : undefined;
  const read = bits <= 8 ? paletteReader(view, header, indices) : colourReader(view, header);
  for (let row = 0; row < height; row++) {
    const to = (isTopDown ? row : height - 1 - row) * width;
    for (let column = 0; column < width; column++) read(row, column, data, (to + column) * 3);
  }
  return { width, height, channels: 3, data };
}

function readHeader(view: DataView): BmpHeader {
  const size = view.getUint32(14, true);
  const isShort = size === SHORT_HEADER;
  if (!isShort && size < 40) throw new Error(`a header of ${size} bytes is not supported: convert it to PNG`);
  const rows = isShort ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isShort ? 24 : 28, true);
  const packing = isShort ? PLAIN : view.getUint32(30, true);
  const hasMasks = packing === MASKS || packing === MASKS_WITH_ALPHA;
  const usual = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
  // In longer headers the masks are fields at the same place.
  const masks = hasMasks ? [54, 58, 62].map((at) => view.getUint32(at, true)) : usual;
  const masksAfter = size === 40 && hasMasks ? (packing === MASKS ? 12 : 16) : 0;
  const entry = isShort ? 3 : 4;
  const pixelsAt = view.getUint32(10, true);
  const paletteAt = 14 + size + masksAfter;
  const stated = isShort ? 0 : view.getUint32(46, true);
  const room = Math.max(0, Math.floor((pixelsAt - paletteAt) / entry));
  const colours = bits > 8 ? 0 : Math.min(stated === 0 ? 2 ** bits : stated, 2 ** bits, room);
  const palette = new Uint8Array(3 * 256);
  for (let colour = 0; colour < colours; colour++)
    for (let channel = 0; channel < 3; channel++)
      palette[3 * colour + channel] = view.getUint8(paletteAt + entry * colour + 2 - channel);
  return {
    width: isShort ? view.getUint16(18, true) : Math.abs(view.getInt32(18, true)),
    height: Math.abs(rows),
    ...{ isTopDown: rows < 0, bits, packing, masks, palette, pixelsAt },
  };
}

/** Writes the colour of a stored pixel; rows count from the first in the file. */
type PixelReader = (row: number, column: number, data: Uint8Array, to: number) => void;

/** Rows are padded to four bytes. */
const rowBytes = ({ width, bits }: BmpHeader): number => 4 * Math.ceil((width * bits) / 32);

function paletteReader(view: DataView, header: BmpHeader, indices: Uint8Array | undefined): PixelReader {
  const { width, bits, palette, pixelsAt } = header;
  const stride = rowBytes(header);
  return (row, column, data, to) => {
    const bit = column * bits;
    const index =
      indices?.[row * width + column] ??
      (view.getUint8(pixelsAt + row * stride + (bit >> 3)) >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    for (let channel = 0; channel < 3; channel++) data[to + channel] = palette[3 * index + channel] ?? 0;
  };
}

function colourReader(view: DataView, header: BmpHeader): PixelReader {
  const { bits, masks, pixelsAt } = header;
  const stride = rowBytes(header);
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: Math.max(1, mask >>> shift) };
  });
  return (row, column, data, to) => {
    const at = pixelsAt + row * stride + (column * bits) / 8;
    const pixel =
      bits === 16
        ? view.getUint16(at, true)
        : bits === 24
          ? view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
          : view.getUint32(at, true);
    for (const [channel, { mask, shift, most }] of channels.entries())
      data[to + channel] = Math.floor((((pixel & mask) >>> shift) * 255) / most);
  };
}

/** Run-length encoded palette indices, row by row; pixels that are skipped keep index 0. */
function runLengthIndices(view: DataView, { width, height, bits, pixelsAt }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  let [at, row, column] = [pixelsAt, 0, 0];
  const next = (): number => view.getUint8(at++);
  const put = (index: number): void => {
    if (row < height && column < width) indices[row * width + column] = index;
    column++;
  };
  const half = (byte: number, place: number): number => (place % 2 === 0 ? byte >> 4 : byte & 15);
  while (row < height) {
    const [count, value] = [next(), next()];
    if (count > 0) for (let place = 0; place < count; place++) put(bits === 8 ? value : half(value, place));
    else if (value === 0) [row, column] = [row + 1, 0];
    else if (value === 1) break;
    else if (value === 2) [column, row] = [column + next(), row + next()];
    else {
      const start = at;
      for (let place = 0; place < value; place++)
        put(bits === 8 ? next() : half(view.getUint8(start + (place >> 1)), place));
      // Such a run is padded to two bytes.
      at = start + 2 * Math.ceil((value * bits) / 16);
    }
  }
  return indices;
}
