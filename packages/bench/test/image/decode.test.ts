import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeImage, decoderIdentity, fitImage, upright, withChannels } from '../../src/image/index.js';
import type { DecoderName, Raster, ResizeMode } from '../../src/image/index.js';

const folder = join(import.meta.dirname, 'fixtures');
const bytesOf = (name: string): Uint8Array => readFileSync(join(folder, name));

interface Expected {
  readonly width: number;
  readonly height: number;
  readonly grid: readonly { readonly at: readonly [number, number]; readonly pixel: readonly number[] }[];
}
const values = JSON.parse(readFileSync(join(folder, 'values.json'), 'utf8')) as Record<string, Expected>;
const names = Object.keys(values);

const hasSharp = await import('sharp').then(
  () => true,
  () => false,
);
const decoders: readonly DecoderName[] = hasSharp ? ['javascript', 'sharp'] : ['javascript'];

async function decoded(name: string, decoder: DecoderName): Promise<Raster> {
  const { raster, orientation } = await decodeImage(bytesOf(name), name, decoder);
  const channels = values[name]?.grid[0]?.pixel.length === 4 ? 4 : 3;
  return upright(withChannels(raster, channels), orientation);
}

describe.each(decoders)('decoder %s', (decoder) => {
  it.each(names)('reads %s as Pillow does', async (name) => {
    const { width, height, grid } = values[name] as Expected;
    const raster = await decoded(name, decoder);
    expect([raster.width, raster.height]).toEqual([width, height]);
    // Values of CMYK go through another inverse cosine transform, and its error counts twice.
    const tolerance = name === 'cmyk.jpg' ? 6 : 0;
    for (const { at, pixel } of grid) {
      const from = (at[0] * width + at[1]) * raster.channels;
      const got = [...raster.data.slice(from, from + raster.channels)];
      const off = got.map((value, channel) => Math.abs(value - (pixel[channel] ?? -99)));
      expect(
        Math.max(...off),
        `${name} at ${String(at)}: ${String(got)}, ${String(pixel)}`,
      ).toBeLessThanOrEqual(tolerance);
    }
  });
});

it.runIf(hasSharp)('both decoders give the same bytes', async () => {
  for (const name of names) {
    const [own, native] = [await decoded(name, 'javascript'), await decoded(name, 'sharp')];
    expect(Buffer.compare(own.data, native.data), name).toBe(0);
  }
});

it.each(decoders)('a PNG index without a colour is black, decoder %s', async (decoder) => {
  const chunk = (name: string, data: Uint8Array): Uint8Array => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const bytes = Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    // 3×1 pixels of 8 bits with a palette of two colours.
    chunk('IHDR', Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 1, 8, 3, 0, 0, 0)),
    chunk('PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6)),
    chunk('IDAT', deflateSync(Uint8Array.of(0, 0, 1, 9))),
    chunk('IEND', new Uint8Array()),
  ]);
  const { raster } = await decodeImage(bytes, 'a.png', decoder);
  expect([...withChannels(raster, 3).data]).toEqual([1, 2, 3, 4, 5, 6, 0, 0, 0]);
});

/** An animated WebP whose first frame is this still one, at 4 and 2 of a canvas of 40×30. */
function onCanvas(still: Uint8Array, width: number, height: number): Uint8Array {
  const three = (value: number): number[] => [value & 255, (value >> 8) & 255, value >> 16];
  const chunk = (name: string, data: readonly number[]): number[] => [
    ...Buffer.from(name),
    ...three(data.length),
    0,
    ...data,
    ...(data.length % 2 === 0 ? [] : [0]),
  ];
  const place = [...three(2), ...three(1), ...three(width - 1), ...three(height - 1), ...three(100), 0];
  const chunks = [
    ...chunk('VP8X', [0x12, 0, 0, 0, ...three(39), ...three(29)]),
    ...chunk('ANIM', [0, 0, 0, 0, 0, 0]),
    ...chunk('ANMF', [...place, ...still.subarray(12)]),
  ];
  return Uint8Array.from([
    ...Buffer.from('RIFF'),
    ...three(chunks.length + 4),
    0,
    ...Buffer.from('WEBP'),
    ...chunks,
  ]);
}

it.each(decoders)('the first frame of a WebP lies on its canvas, decoder %s', async (decoder) => {
  const still = bytesOf('lossless.webp');
  const { raster: frame } = await decodeImage(still, 'still.webp', decoder);
  const { raster } = await decodeImage(onCanvas(still, frame.width, frame.height), 'a.webp', decoder);
  expect([raster.width, raster.height, raster.channels]).toEqual([40, 30, 4]);
  const pixel = ({ width, channels, data }: Raster, row: number, column: number): number[] => [
    ...data.slice((row * width + column) * channels, (row * width + column) * channels + 3),
  ];
  expect(pixel(raster, 2 + 3, 4 + 5)).toEqual(pixel(frame, 3, 5));
  expect([...raster.data.slice(0, 4)]).toEqual([0, 0, 0, 0]);
});

/** A GIF of 24×16 pixels whose only frame says that it is of another size. */
function withFrame(width: number, height: number): Uint8Array {
  const gif = Uint8Array.from(bytesOf('interlaced.gif'));
  const view = new DataView(gif.buffer);
  const at = gif.findIndex(
    (byte, place) => byte === 0x2c && view.getUint16(place + 5, true) === 24 && gif[place + 7] === 16,
  );
  view.setUint16(at + 5, width, true);
  view.setUint16(at + 7, height, true);
  return gif;
}

/** A JPEG of 16000×16000 pixels, if one believes its header. */
function ofSize(name: string): Uint8Array {
  const jpeg = Uint8Array.from(bytesOf(name));
  const at = jpeg.findIndex(
    (byte, place) => byte === 0xff && /^c[012]$/.test((jpeg[place + 1] ?? 0).toString(16)),
  );
  const view = new DataView(jpeg.buffer);
  view.setUint16(at + 5, 16_000);
  view.setUint16(at + 7, 16_000);
  return jpeg;
}

describe('what is no image is refused, with the reason', () => {
  const jpeg = bytesOf('chroma.jpeg');
  const cases: readonly (readonly [what: string, bytes: Uint8Array, reason: RegExp])[] = [
    ['an empty file', new Uint8Array(), /got an empty file/],
    ['zeros, as an interrupted copy leaves them', new Uint8Array(999), /999 bytes of 0/],
    ['a web page under the name of an image', Buffer.from('<!DOCTYPE html><p>404'), /a web page/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull/],
    ['text', Buffer.from('cats and dogs'), /unknown format \(13 bytes that begin with 63 61 74 73\)/],
    ['a JPEG without its end', jpeg.subarray(0, jpeg.length - 20), /JPEG: cut off/],
    ['a JPEG that ends in its header', jpeg.subarray(0, 300), /JPEG: /],
    ['a PNG without its end', bytesOf('rgb.png').subarray(0, 90), /PNG: /],
    ['a GIF without its end', bytesOf('interlaced.gif').subarray(0, 250), /GIF: /],
    [
      'a GIF with a frame of 4 billion pixels',
      withFrame(0xffff, 0xffff),
      /GIF: a frame that is larger than the image/,
    ],
    [
      'a GIF with a frame one pixel too wide',
      withFrame(25, 16),
      /GIF: a frame that is larger than the image/,
    ],
    ['a JPEG that says that it is large', ofSize('rgb.jpg'), /a JPEG of 16000×16000 pixels in \d+ bytes/],
    ['a CMYK one, too', ofSize('cmyk.jpg'), /a JPEG of 16000×16000 pixels in \d+ bytes/],
    ['a progressive one, too', ofSize('progressive.jpg'), /a JPEG of 16000×16000 pixels in \d+ bytes/],
    ['a TIFF without its end', bytesOf('lzw.tiff').subarray(0, 700), /TIFF: cut off/],
    ['a raw TIFF without its end', bytesOf('rgb.tif').subarray(0, 700), /TIFF: cut off/],
    ['a BMP without its end', bytesOf('rgb.bmp').subarray(0, 700), /BMP: cut off/],
    ['a WebP without its end', bytesOf('lossless.webp').subarray(0, 60), /WEBP: /],
  ];
  it.each(cases.flatMap((each) => decoders.map((decoder) => [...each, decoder] as const)))(
    '%s',
    async (_, bytes, reason, decoder) => {
      const error: unknown = await decodeImage(bytes, 'cats/a.jpg', decoder).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'data', where: 'cats/a.jpg' });
      expect((error as Error).message).toMatch(reason);
    },
  );

  it('a TIFF that its decoder stumbles over', async () => {
    const tiff = bytesOf('rgb.tif');
    // Its first 36 bytes twice, and one of them flipped: a tag points elsewhere.
    const bytes = Uint8Array.from([...tiff.subarray(0, 36), ...tiff]);
    bytes[4123546 % bytes.length] = (bytes[4123546 % bytes.length] ?? 0) ^ 1;
    await expect(decodeImage(bytes, 'a.tif')).rejects.toThrow('a.tif: expected an image, got TIFF: damaged.');
  });

  it('an interlaced PNG of less than a byte a sample, without sharp', async () => {
    const bytes = Uint8Array.from(bytesOf('bits1.png'));
    bytes[28] = 1;
    await expect(decodeImage(bytes, 'a.png', 'javascript')).rejects.toThrow(
      'PNG: interlaced samples of less than a byte need the package sharp: npm i sharp.',
    );
  });

  it('a TIFF whose height is no number', async () => {
    const bytes = Uint8Array.from(bytesOf('deflate.tiff'));
    bytes[709162 % bytes.length] = (bytes[709162 % bytes.length] ?? 0) ^ 1;
    await expect(decodeImage(bytes, 'a.tif')).rejects.toThrow('a.tif: expected an image, got TIFF: damaged.');
  });

  it('a PNG whose header promises more pixels than any photograph has', async () => {
    const png = Uint8Array.from(bytesOf('rgb.png'));
    new DataView(png.buffer).setUint32(16, 1_000_000);
    new DataView(png.buffer).setUint32(20, 1_000_000);
    await expect(decodeImage(png, 'bomb.png')).rejects.toThrow(/bomb.png: .*a PNG of 1000000×1000000 pixels/);
  });
});

it.each(['rgb.jpg', 'lossy.webp', 'rgb.png'])(
  'a whole %s is read however many damaged ones came before',
  async (name) => {
    const whole = bytesOf(name);
    const wanted = await decodeImage(whole, name, 'javascript');
    for (let image = 0; image < 300; image++) {
      const damaged = whole.subarray(0, Math.ceil(whole.length * (0.2 + image / 500)));
      await decodeImage(damaged, 'damaged', 'javascript').catch(() => undefined);
    }
    expect(await decodeImage(whole, name, 'javascript')).toEqual(wanted);
  },
);

it('recognizes formats by content, not by name', async () => {
  expect((await decodeImage(bytesOf('rgb.png'), 'photo.jpg')).raster).toMatchObject({
    width: 24,
    height: 16,
  });
});

it('lays transparent pixels over white, unless alpha is kept', () => {
  // 255 · (1 − 102 / 255) + 50 · 102 / 255 = 153 + 20 = 173
  const raster: Raster = { width: 1, height: 1, channels: 4, data: Uint8Array.of(50, 50, 100, 102) };
  expect([...withChannels(raster, 3).data]).toEqual([173, 173, 193]);
  expect([...withChannels(raster, 4).data]).toEqual([50, 50, 100, 102]);
  // 0.299 · 173 + 0.587 · 173 + 0.114 · 193 = 175.28
  expect([...withChannels(raster, 1).data]).toEqual([175]);
});

describe('fitImage', () => {
  const resized = JSON.parse(readFileSync(join(folder, 'resized.json'), 'utf8')) as Record<string, number[]>;
  const fit = async (resize: ResizeMode, height: number, width: number): Promise<Raster> =>
    fitImage((await decodeImage(bytesOf('rgb.png'))).raster, { height, width, channels: 3, resize });
  const offBy = (raster: Uint8Array, expected: readonly number[] | undefined): number => {
    expect(raster).toHaveLength(expected?.length ?? 0);
    return Math.max(...[...raster].map((value, at) => Math.abs(value - (expected?.[at] ?? 0))));
  };

  it('scales as Pillow does, to ±1', async () => {
    expect(offBy((await fit('crop', 8, 8)).data, resized['crop'])).toBeLessThanOrEqual(1);
    expect(offBy((await fit('stretch', 40, 10)).data, resized['stretch'])).toBeLessThanOrEqual(1);
  });

  it('fills a letterbox with black, in equal parts above and below', async () => {
    const { data } = await fit('letterbox', 12, 12);
    const line = 12 * 3;
    expect(offBy(data.subarray(2 * line, 10 * line), resized['letterbox'])).toBeLessThanOrEqual(1);
    expect(Math.max(...data.subarray(0, 2 * line), ...data.subarray(10 * line))).toBe(0);
  });

  it('gives every orientation the same picture', async () => {
    const size = { height: 8, width: 12, channels: 3, resize: 'crop' } as const;
    const shown = async (name: string): Promise<Uint8Array> => {
      const { raster, orientation } = await decodeImage(bytesOf(name));
      return fitImage(raster, size, orientation).data;
    };
    const straight = await shown('rgb.png');
    for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
      const turned = await shown(`turned-${orientation}.jpg`);
      // What JPEG loses at quality 95.
      expect(offBy(turned, [...straight]), `orientation ${orientation}`).toBeLessThanOrEqual(4);
    }
    expect(await shown('turned-6.png')).toEqual(straight);
  });
});

it('tells decoders and their versions apart, so that pixels kept on disk are of the decoder in use', async () => {
  expect(await decoderIdentity('javascript')).toBe('javascript');
  expect(await decoderIdentity('auto')).toMatch(
    hasSharp ? /^sharp \d+\.\d+\S*, libvips \d+\.\d+/ : /^javascript$/,
  );
});
