import { DistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import type { Raster } from '../image/index.js';

/** The parts of the package sharp that are used. */
interface SharpImage {
  metadata(): Promise<{ readonly space?: string }>;
  pipelineColourspace(space: string): SharpImage;
  toColourspace(space: string): SharpImage;
  autoOrient(): SharpImage;
  raw(options: object): SharpImage;
  toBuffer(options: object): Promise<{
    readonly data: Uint8Array;
    readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
  }>;
}
type Sharp = (bytes: Uint8Array, options: object) => SharpImage;

const DECODE = '{ decode: decodeImage }, of @distilljs/bench/data/image';

/**
 * Decodes with sharp, to the pixels that the bench trains on. Colour profiles are not applied, and CMYK becomes
 * (1 − C) (1 − K), which another inverse cosine transform may change by 1 of 255.
 *
 * @param refuse throws for a file that sharp cannot read
 * @throws DistillError code `platform` without sharp
 */
export async function sharpDecoder(
  refuse: (where: string, got: string, cause: unknown, hint?: string) => never,
): Promise<(bytes: Uint8Array, name: string) => Promise<Raster>> {
  // Not a literal: a bundler would fail on an optional package that is not installed.
  const specifier = 'sharp';
  try {
    const { default: sharp } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as {
      readonly default: Sharp;
    };
    return async (bytes, name) => {
      try {
        return await decoded(sharp(bytes, { ignoreIcc: true }));
      } catch (cause) {
        const got = firstLine(cause);
        const hint = /unsupported/.test(got) ? `Pass ${DECODE}: it reads BMP, too.` : undefined;
        return refuse(name, got, cause, hint);
      }
    };
  } catch (cause) {
    throw new DistillError({
      code: 'platform',
      where: 'loadStudent, decode',
      expected: 'a decoder for image files',
      got: 'none',
      hint: `npm i sharp; or, without native code, pass ${DECODE}.`,
      cause,
    });
  }
}

async function decoded(image: SharpImage): Promise<Raster> {
  const isCmyk = (await image.metadata()).space === 'cmyk';
  const own = isCmyk ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image;
  const raw = own.autoOrient().raw({ depth: 'uchar' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (!isCmyk) return { width, height, channels, data };
  const light = (at: number): number => 255 - (data[at] ?? 0);
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = 4 * Math.floor(at / 3);
    return Math.round((light(pixel + (at % 3)) * light(pixel + 3)) / 255);
  });
  return { width, height, channels: 3, data: rgb };
}
