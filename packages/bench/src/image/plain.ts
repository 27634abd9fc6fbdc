import type { ImageHeader, ImageKind } from './header.js';
import type { Raster } from '@distilljs/core';
import { decodeJpeg, decodeWebp, ownBuffer } from './wasm-codecs.js';

/** Formats that need no native package. */
export const PLAIN_KINDS: readonly ImageKind[] = ['jpeg', 'png', 'gif', 'webp', 'bmp', 'tiff'];

/** Decodes with JavaScript and WebAssembly libraries, in Node and in browsers; their errors pass through. */
export async function decodePlain(bytes: Uint8Array, header: ImageHeader): Promise<Raster> {
  switch (header.kind) {
    case 'jpeg':
      return header.components === 4 ? decodeCmyk(bytes) : await decodeJpeg(bytes);
    case 'png':
      return await decodePng(bytes);
    case 'gif':
      return await decodeGif(bytes, header);
    case 'webp':
      return await decodeWebp(bytes);
    case 'bmp':
      return await decodeBmp(bytes);
    case 'tiff':
      return await decodeTiff(bytes, header);
    default:
      throw new Error(`${header.kind.toUpperCase()} images need the package sharp: npm i sharp`);
  }
}

/** A library's exports: code-splitting bundlers leave those of CommonJS packages only under `default`. */
const named = <T extends object>(library: T): T => ({
  ...(library as { default?: object }).default,
  ...library,
});

/** The libjpeg port does not support CMYK. Colour profiles are not applied: R = 255 (1 − C) (1 − K), and so on. */
async function decodeCmyk(bytes: Uint8Array): Promise<Raster> {
  const { decode } = named(await import('jpeg-js'));
  const limits = { maxMemoryUsageInMB: 4096, maxResolutionInMP: 300 };
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    tolerantDecoding: false,
    formatAsRGBA: false,
    ...limits,
  });
  return { width, height, channels: 3, data };
}

/** Bytes of a PNG's header. */
const [BIT_DEPTH_AT, INTERLACE_AT] = [24, 28];

async function decodePng(bytes: Uint8Array): Promise<Raster> {
  // The library reads such rows as whole bytes.
  if (bytes[BIT_DEPTH_AT] !== undefined && bytes[BIT_DEPTH_AT] < 8 && bytes[INTERLACE_AT] === 1)
    throw new Error('interlaced samples of less than a byte need the package sharp: npm i sharp');
  const { decode } = named(await import('fast-png'));
  const { width, height, depth, channels, data, palette, transparency } = decode(ownBuffer(bytes), {
    checkCrc: true,
  });
  const value = sampleReader(data, depth, width, channels);
  if (palette !== undefined || transparency !== undefined) {
    const out = new Uint8Array(width * height * 4);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const samples = Array.from({ length: channels }, (_, channel) => value(pixel, channel));
      const [first = 0, second = first, third = first] = samples;
      // Without a colour of that index, black, as libpng has it.
      const colour =
        (palette && (palette[first] ?? [0, 0, 0])) ??
        [first, second, third].map((sample) => toByte(sample, depth));
      const isClear =
        transparency !== undefined && samples.every((sample, at) => sample === transparency[at]);
      out.set([colour[0] ?? 0, colour[1] ?? 0, colour[2] ?? 0, isClear ? 0 : (colour[3] ?? 255)], pixel * 4);
    }
    return { width, height, channels: 4, data: out };
  }
  const to = channels as Raster['channels'];
  if (depth === 8) return { width, height, channels: to, data: data as Uint8Array };
  const out = new Uint8Array(width * height * channels);
  for (let at = 0; at < out.length; at++)
    out[at] = toByte(value(Math.floor(at / channels), at % channels), depth);
  return { width, height, channels: to, data: out };
}

/** 16-bit samples keep their upper byte; samples of fewer than 8 bits are scaled to 0…255. */
const toByte = (sample: number, depth: number): number =>
  depth === 16 ? sample >> 8 : depth === 8 ? sample : Math.round((sample * 255) / (2 ** depth - 1));

/** Reads samples; those of fewer than 8 bits are packed, with each row padded to whole bytes. */
function sampleReader(
  data: ArrayLike<number>,
  depth: number,
  width: number,
  channels: number,
): (pixel: number, channel: number) => number {
  if (depth >= 8) return (pixel, channel) => data[pixel * channels + channel] ?? 0;
  const rowBytes = Math.ceil((width * depth) / 8);
  return (pixel) => {
    const bit = (pixel % width) * depth;
    const byte = data[Math.floor(pixel / width) * rowBytes + (bit >> 3)] ?? 0;
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  };
}

/** The first frame on its canvas. */
async function decodeGif(bytes: Uint8Array, { width = 0, height = 0 }: ImageHeader): Promise<Raster> {
  const { GifReader } = named(await import('omggif'));
  const data = new Uint8Array(width * height * 4);
  const reader = new GifReader(bytes);
  const frame = reader.frameInfo(0);
  // The library would wrap rows around, and a damaged size would take very long.
  if (frame.x + frame.width > width || frame.y + frame.height > height)
    throw new Error('a frame that is larger than the image');
  const { log } = console;
  let complaint: unknown;
  try {
    // The library reports missing pixels only on the console.
    console.log = (message: unknown) => void (complaint = message);
    reader.decodeAndBlitFrameRGBA(0, data);
  } finally {
    console.log = log;
  }
  if (complaint !== undefined) throw new Error('premature end');
  return { width, height, channels: 4, data };
}

/** The fourth channel of BMPs is seldom alpha: it is dropped, as in other readers. */
async function decodeBmp(bytes: Uint8Array): Promise<Raster> {
  const misread = misreadBmp(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (misread !== undefined) throw unreadable(misread);
  const { decode } = named(await import('bmp-ts'));
  const { width, height, data: abgr } = decode(Buffer.from(ownBuffer(bytes).buffer));
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 3 + channel] = abgr[pixel * 4 + 3 - channel] ?? 0;
  }
  return { width, height, channels: 3, data };
}

/** Of some kinds of BMP the library gives wrong pixels, or none: which one this is. */
function misreadBmp(view: DataView): string | undefined {
  const header = view.getUint32(14, true);
  if (header < 40) return `a header of ${header} bytes`;
  const [width, bits, packing] = [
    view.getInt32(18, true),
    view.getUint16(28, true),
    view.getUint32(30, true),
  ];
  // Plain, and with bit masks.
  if (![0, 3, 6].includes(packing)) return `compression ${packing}`;
  if ([1, 8, 24, 32].includes(bits) || (bits === 4 && width % 2 === 0)) return undefined;
  return `${bits} bits a pixel${bits === 4 ? ' with an odd width' : ''}`;
}

async function decodeTiff(bytes: Uint8Array, { orientation, orientationAt }: ImageHeader): Promise<Raster> {
  const { decode } = named(await import('tiff'));
  const own = ownBuffer(bytes);
  // The library refuses other orientations; the image is rotated later.
  if (orientation !== 1 && orientationAt !== undefined) {
    own[orientationAt] = own[0] === 0x49 ? 1 : 0;
    own[orientationAt + 1] = own[0] === 0x49 ? 0 : 1;
  }
  const pages = [0];
  const [described] = understood(() => decode(own, { pages, ignoreImageData: true }));
  if (described === undefined) throw new Error('a TIFF without images');
  const misread = MISREAD.find(([, isSuch]) => isSuch(described))?.[0];
  if (misread !== undefined) throw unreadable(misread);
  const [page = described] = understood(() => decode(own, { pages }));
  // The library has inverted images in which 0 is white.
  const { width, height, bitsPerSample, samplesPerPixel, components, data, palette, alpha } = page;
  // A last sample that is not said to be alpha, such as near infrared, would be taken for it.
  const spare = !alpha && (samplesPerPixel === 2 || samplesPerPixel === 4) ? 1 : 0;
  const channels = palette === undefined ? Math.min(4, components, samplesPerPixel - spare) : 3;
  if (![8, 16].includes(bitsPerSample) && palette === undefined)
    throw unreadable(bitsPerSample === 1 ? '1 bit a sample' : `${bitsPerSample} bits a sample`);
  const out = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const colour = palette?.[data[pixel] ?? 0];
    for (let channel = 0; channel < channels; channel++) {
      const sample = colour?.[channel] ?? data[pixel * samplesPerPixel + channel] ?? 0;
      const byte = colour !== undefined || bitsPerSample === 16 ? sample >> 8 : sample;
      out[pixel * channels + channel] = byte;
    }
  }
  return { width, height, channels: channels as Raster['channels'], data: out };
}

type TiffPage = ReturnType<(typeof import('tiff'))['decode']>[number];

/** Kinds of TIFF of which the library gives wrong pixels. */
const MISREAD: readonly (readonly [kind: string, isSuch: (page: TiffPage) => boolean])[] = [
  ['a plane for each channel', (page) => page.planarConfiguration === 2 && page.samplesPerPixel > 1],
  ['tiling with several channels', (page) => page.tiled && page.samplesPerPixel > 1],
  ['tiling with a predictor', (page) => page.tiled && page.predictor !== 1],
  ['a signed sample format', (page) => page.sampleFormat === 2],
];

/** The kinds of TIFF that the library cannot read, by what it says of them. */
const TIFF_KINDS: Readonly<Record<string, string>> = {
  'image type: 5': 'CMYK',
  'image type: 6': 'YCbCr',
  'image type: 8': 'L*a*b*',
  'Compression: 4': 'compression CCITT Group 4',
  'Compression: 7': 'compression JPEG',
  'Compression: 50000': 'compression Zstandard',
  // The field may be absent, as 1 is its default.
  'bitDepth: undefined': '1 bit a sample',
};

const unreadable = (kind: string): Error => new Error(`${kind} is not supported: convert it to PNG`);

/** A TIFF of another kind is whole: it is not to be called damaged. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const kind = /^Unsupported (.+)$/.exec(error instanceof Error ? error.message : '')?.[1];
    if (kind === undefined) throw error;
    throw unreadable(
      TIFF_KINDS[kind] ?? kind.replace(/^bitDepth: (\d+)$/, '$1 bits a sample').replace(': ', ' '),
    );
  }
}
