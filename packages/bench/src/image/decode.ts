import { DistillError, shownText } from '@distilljs/core';
import type { ImageHeader } from './header.js';
import { headerOf, MOST_PIXELS } from './header.js';
import { decodePlain, PLAIN_KINDS } from './plain.js';
import type { Raster } from '@distilljs/core';

/** The decoder: `auto` is sharp where it is installed, else `javascript`. */
export type DecoderName = 'auto' | 'sharp' | 'javascript';
export const decoderNames = ['auto', 'sharp', 'javascript'] as const satisfies readonly DecoderName[];

/** An image as stored, with its orientation. */
export interface DecodedImage {
  readonly raster: Raster;
  /** EXIF's 1 to 8; 1 is upright. */
  readonly orientation: number;
}

/**
 * Decodes a JPEG, PNG, GIF, WebP, BMP or TIFF, recognized by content and not by name; with sharp also AVIF, HEIF and JPEG XL, as far
 * as its build supports them. Animations give their first frame; 16 bits become 8 (the upper byte). Colour profiles are not applied,
 * as in Pillow and torchvision; CMYK becomes (1 − C) (1 − K).
 *
 * Both decoders give the same pixels for JPEG (both use libjpeg's arithmetic), PNG and WebP; GIF, BMP, TIFF and CMYK are always
 * decoded in JavaScript.
 *
 * @param name for messages, e.g. the path
 * @throws DistillError code `data` for a file that is not an image, damaged, or too large; code `option` where sharp is requested
 * and not installed
 */
export async function decodeImage(
  bytes: Uint8Array,
  name = 'image',
  decoder: DecoderName = 'auto',
): Promise<DecodedImage> {
  const header = headerOf(bytes);
  if (header === undefined) throw damaged(name, describeStart(bytes));
  const { kind, width = 1, height = 1, orientation } = header;
  if (width * height > MOST_PIXELS || width * height === 0)
    throw damaged(name, `a ${kind.toUpperCase()} of ${width}×${height} pixels`);
  if (bytes.length < (header.fewestBytes ?? 0))
    throw damaged(name, `a ${kind.toUpperCase()} of ${width}×${height} pixels in ${bytes.length} bytes`);
  const sharp = decoder === 'javascript' ? undefined : await loadSharp(decoder === 'sharp');
  const isNative = ['jpeg', 'png', 'webp'].includes(kind) && header.components !== 4;
  try {
    const raster =
      sharp !== undefined && (isNative || !PLAIN_KINDS.includes(kind))
        ? await decodeNative(sharp, bytes)
        : await decodePlain(bytes, header);
    expectRaster(raster);
    return { raster, orientation };
  } catch (error) {
    throw damaged(name, reasonOf(error, header), error);
  }
}

/** Checks a decoder's output, which may be no image after a damaged header. */
function expectRaster({ width, height, channels, data }: Raster): void {
  const isSized = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
  if (!isSized || data.length !== width * height * channels) throw new TypeError('no raster');
}

const damaged = (where: string, got: string, cause?: unknown): DistillError =>
  new DistillError({ code: 'data', where, expected: 'an image', got, cause });

/** The first line of a library's message, after the format; errors of the library's own code become `damaged`. */
function reasonOf(error: unknown, { kind }: ImageHeader): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  const words = line.replace(/^Input buffer has corrupt header: /, '').replace(/^Vips\w+: /i, '');
  const isCut =
    /premature end|outside the bounds|out of range|Invalid DataView length|bytes are missing|unexpected (?:end|eof)|truncated/i.test(
      words,
    );
  if (isCut) return `${kind.toUpperCase()}: cut off: the file ends within the image`;
  const isSlip = error instanceof TypeError || words === '' || /undefined|\[object/.test(words);
  return `${kind.toUpperCase()}: ${isSlip ? 'damaged' : shownText(words, 120)}`;
}

/** Describes a file that is not an image. */
function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  if (/^\s*(?:<!doctype html|<html)/i.test(start)) return 'a web page';
  if (/^\s*(?:<\?xml|<svg)/i.test(start)) return 'an SVG or XML file';
  if (/^(?:II\+\0|MM\0\+)/.test(start)) return 'a BigTIFF, which is not supported: convert it to PNG';
  if (start.startsWith('version https://git-lfs')) return 'a Git LFS pointer: run git lfs pull';
  if (bytes.every((byte) => byte === 0)) return `${bytes.length} bytes of 0`;
  return `a file of an unknown format (${bytes.length} bytes that begin with ${Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')})`;
}

type Sharp = (typeof import('sharp'))['default'];
let found: Promise<Sharp | undefined> | undefined;
let whyNot: unknown;

/** @throws DistillError code `option` where sharp is needed and cannot be loaded */
async function loadSharp(isNeeded: boolean): Promise<Sharp | undefined> {
  found ??= import('sharp').then(
    (module) => module.default,
    (error: unknown) => {
      whyNot = error;
      return undefined;
    },
  );
  const sharp = await found;
  if (sharp !== undefined || !isNeeded) return sharp;
  throw new DistillError({
    code: 'option',
    where: 'decoder',
    expected: 'the package sharp',
    got: 'a failure to load it',
    hint: 'Install it with `npm i sharp`, or leave the decoder at auto.',
    cause: whyNot,
  });
}

async function decodeNative(sharp: Sharp, bytes: Uint8Array): Promise<Raster> {
  const image = sharp(bytes, { ignoreIcc: true, failOn: 'truncated', limitInputPixels: MOST_PIXELS });
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** The decoder in use with its version, as part of the cache key: pixels of AVIF and similar formats depend on them. */
export async function decoderIdentity(decoder: DecoderName): Promise<string> {
  const sharp = decoder === 'javascript' ? undefined : await loadSharp(decoder === 'sharp');
  if (sharp === undefined) return 'javascript';
  const { sharp: version, vips } = sharp.versions;
  return `sharp ${version}, libvips ${vips}`;
}
