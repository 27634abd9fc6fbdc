import * as tf from '@tensorflow/tfjs-core';
import { describeValue, DistillError } from '../error/index.js';
import { asDistillError, firstLine } from '../error/first-line.js';
import type { Raster } from '../image/index.js';
import { expectOption, wholeNumber } from '../option/index.js';
import { isNode, nodeModule } from '../platform/node-module.js';

/** A decoded image: upright pixels, or pixels with their EXIF orientation (1 to 8). */
export type Decoded = Raster | { readonly raster: Raster; readonly orientation: number };

/** Decodes the bytes of an image file. */
export type Decode = (bytes: Uint8Array, name: string) => Promise<Decoded>;

/**
 * An image of any size: a tensor `[height, width, channels]` of pixels from 0 to 255, `ImageData`, or a raster.
 * In a page also an image, canvas, video, `ImageBitmap`, `Blob` or URL; in Node also an image file's bytes,
 * path or URL.
 */
export type ImageInput =
  tf.Tensor3D | ImageData | Decoded | ImageBitmapSource | Uint8Array | ArrayBuffer | string | URL;

/** Pixels from 0 to 255, unconverted; only a tensor's may be fractions. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
  readonly orientation?: number | undefined;
}

/** @throws DistillError code `data` for a value that is no image or cannot be read */
export async function readImage(
  given: ImageInput,
  where: string,
  decode: Decode | undefined,
): Promise<Pixels> {
  if (given instanceof tf.Tensor) return tensorPixels(given, where);
  const decoded = decodedPixels(given, where);
  if (decoded !== undefined) return decoded;
  if (typeof given === 'string' || given instanceof URL) return fromPlace(String(given), where, decode);
  if (given instanceof ArrayBuffer) return fromBytes(new Uint8Array(given), where, decode);
  if (given instanceof Uint8Array) return fromBytes(given, where, decode);
  const kind = Object.prototype.toString.call(given).slice(8, -1);
  if (kind === 'Blob' || kind === 'File') {
    if (isPage()) return drawn(await bitmap(given as Blob, where), where);
    return fromBytes(new Uint8Array(await (given as Blob).arrayBuffer()), where, decode);
  }
  if (DRAWABLE.test(kind)) {
    if (kind === 'HTMLImageElement') await loaded(given as HTMLImageElement, where);
    return drawn(given as CanvasImageSource, where);
  }
  throw new DistillError({
    code: 'data',
    where,
    expected:
      'an image: a tensor [height, width, channels], ImageData, an element of a page, bytes or a path',
    got: describeValue(given),
  });
}

const DRAWABLE = /^(HTML(Image|Canvas|Video)Element|OffscreenCanvas|ImageBitmap|VideoFrame)$/;

const isPage = (): boolean => typeof createImageBitmap === 'function';

/** Pixels of ImageData or of a raster, with or without an EXIF orientation; undefined for anything else. */
function decodedPixels(given: unknown, where: string): Pixels | undefined {
  const fields = (given ?? {}) as { readonly raster?: unknown; readonly orientation?: unknown };
  // The fields of ImageData are getters on its prototype, so a spread or Object.keys would miss them.
  const { width, height, data } = (fields.raster ?? fields) as Partial<Record<keyof Raster, unknown>>;
  if (typeof width !== 'number' || typeof height !== 'number' || !ArrayBuffer.isView(data)) return undefined;
  if (data instanceof DataView || typeof (data as unknown as ArrayLike<unknown>)[0] === 'bigint')
    return undefined;
  const values = data as unknown as Uint8Array | Float32Array;
  const { orientation = 1 } = fields;
  expectOption(`${where}, orientation`, orientation, wholeNumber({ min: 1, max: 8 }));
  const channels = values.length / (width * height);
  if (!Number.isSafeInteger(channels) || channels < 1 || width < 0)
    refuse(
      where,
      'width × height pixels of one to four values',
      `${values.length} values for ${width} × ${height}`,
    );
  expectPixels(where, values);
  return { width, height, channels, data: values, orientation: orientation as number };
}

async function tensorPixels(given: tf.Tensor, where: string): Promise<Pixels> {
  const [height = 0, width = 0, channels = 0] = given.shape;
  if (given.isDisposed) refuse(where, 'a tensor', 'a disposed one');
  if (given.rank !== 3 || given.size === 0)
    refuse(where, 'a tensor [height, width, channels]', describeValue(given));
  const data = await given.data();
  expectPixels(where, data);
  return { width, height, channels, data };
}

function expectPixels(where: string, data: ArrayLike<number>): void {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return;
  let [low, high, hasFraction] = [Infinity, -Infinity, false];
  for (let at = 0; at < data.length; at++) {
    const value = data[at] ?? NaN;
    if (!(value >= 0 && value <= 255)) refuse(where, 'pixels from 0 to 255', String(value), NOT_NORMALIZED);
    low = Math.min(low, value);
    high = Math.max(high, value);
    hasFraction ||= value !== Math.floor(value);
  }
  if (hasFraction && high <= 1)
    refuse(where, 'pixels from 0 to 255', `values from ${low} to ${high}`, 'Multiply them by 255.');
}

function refuse(where: string, expected: string, got: string, hint?: string): never {
  throw new DistillError({ code: 'data', where, expected, got, hint });
}

const NOT_NORMALIZED = 'Pass the pixels as they are: they are normalized here.';

async function fromPlace(place: string, where: string, decode: Decode | undefined): Promise<Pixels> {
  if (!isNode() || /^(?:https?|data|blob):/i.test(place)) {
    const response = await fetch(place).catch((cause: unknown) => unreadable(where, String(cause), cause));
    if (!response.ok) unreadable(where, `HTTP ${response.status} of ${place}`);
    const blob = await response.blob();
    if (isPage()) return drawn(await bitmap(blob, where), where);
    return fromBytes(new Uint8Array(await blob.arrayBuffer()), where, decode);
  }
  const { readFile } = nodeModule('node:fs/promises', where);
  const { fileURLToPath } = nodeModule('node:url', where);
  const path = place.startsWith('file://') ? fileURLToPath(place) : place;
  const bytes = await readFile(path).catch((cause: unknown) =>
    unreadable(
      path,
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause),
      cause,
    ),
  );
  return fromBytes(bytes, path, decode);
}

/** @throws DistillError code `platform` without a decoder */
async function ownDecoder(): Promise<Decode> {
  // Pages decode by themselves: in their bundles this module is empty.
  const { sharpDecoder } = (await import('./sharp-decoder.js')) as Partial<
    typeof import('./sharp-decoder.js')
  >;
  if (sharpDecoder !== undefined) return sharpDecoder(unreadable);
  throw new DistillError({
    code: 'platform',
    where: 'loadStudent, decode',
    expected: 'a decoder for image files',
    got: 'none in this bundle, and no createImageBitmap',
    hint: 'Pass one as `decode`.',
  });
}

async function fromBytes(bytes: Uint8Array, where: string, decode: Decode | undefined): Promise<Pixels> {
  if (decode === undefined && isPage())
    return drawn(await bitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), where), where);
  const decoder = decode ?? (await ownDecoder());
  let decoded: unknown;
  try {
    decoded = await decoder(bytes, where);
  } catch (error) {
    throw asDistillError(error, { code: 'data', where, expected: 'an image that can be decoded' });
  }
  return (
    decodedPixels(decoded, `${where}, decoded`) ??
    refuse(where, 'a raster { width, height, channels, data } from `decode`', describeValue(decoded))
  );
}

/** Upright, with colours as stored: no colour management. */
const bitmap = (blob: Blob, where: string): Promise<ImageBitmap> =>
  createImageBitmap(blob, { colorSpaceConversion: 'none' }).catch((cause: unknown) =>
    unreadable(where, 'bytes that this browser cannot decode', cause),
  );

async function loaded(image: HTMLImageElement, where: string): Promise<void> {
  await image
    .decode()
    .catch((cause: unknown) => unreadable(where, `an image that did not load (${image.src})`, cause));
}

function drawn(source: CanvasImageSource, where: string): Pixels {
  const size = (...names: readonly string[]): number => {
    const sizes = source as unknown as Readonly<Record<string, unknown>>;
    return names.map((name) => sizes[name]).find((value) => typeof value === 'number') as number;
  };
  const width = size('naturalWidth', 'videoWidth', 'displayWidth', 'width');
  const height = size('naturalHeight', 'videoHeight', 'displayHeight', 'height');
  if (!(width > 0 && height > 0)) unreadable(where, `an image of ${width}×${height} pixels`);
  try {
    const canvas =
      typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : newCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.drawImage(source, 0, 0);
    return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
  } catch (cause) {
    // A canvas tainted by another origin's image does not give its pixels.
    return unreadable(where, firstLine(cause), cause);
  }
}

const newCanvas = (width: number, height: number): HTMLCanvasElement =>
  Object.assign(document.createElement('canvas'), { width, height });

function unreadable(where: string, got: string, cause?: unknown, hint?: string): never {
  throw new DistillError({ code: 'data', where, expected: 'an image that can be read', got, hint, cause });
}
