import type { Raster } from '@distilljs/core';
import { MOST_PIXELS, webpChunks } from './header.js';

/** Copies the bytes: the libraries take whole buffers and would read beyond a view. */
export const ownBuffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/** What both WebAssembly decoders resolve to. */
interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

interface WasmModule {
  /** Makes a new instance for all later decoding. */
  init(module: WebAssembly.Module | undefined, overrides: object): Promise<void>;
  readonly default: (bytes: ArrayBuffer) => Promise<Decoded>;
}

/** A decoder of the Squoosh codecs. */
interface Codec {
  readonly load: () => Promise<unknown>;
  /** Its WebAssembly file, which Node must load; browsers fetch it themselves. */
  readonly file: string;
  compiled?: Promise<WebAssembly.Module>;
  /** Ready to decode; undefined before the first image and after one that failed. */
  ready?: Promise<WasmModule> | undefined;
}

const JPEG: Codec = {
  load: () => import('@jsquash/jpeg/decode.js'),
  file: '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
};
const WEBP: Codec = {
  load: () => import('@jsquash/webp/decode.js'),
  file: '@jsquash/webp/codec/dec/webp_dec.wasm',
};

/** libjpeg's messages about the current image, which it would otherwise write to the console. */
const jpegMessages: string[] = [];

/** An instance that has decoded nothing yet. */
async function fresh(codec: Codec): Promise<WasmModule> {
  const library = (await codec.load()) as WasmModule;
  const printErr = (text: string): void => void jpegMessages.push(text);
  const isNode = typeof process === 'object' && typeof process.versions.node === 'string';
  let module: WebAssembly.Module | undefined;
  if (isNode) {
    // The codecs create ImageData, which Node lacks.
    (globalThis as { ImageData?: unknown }).ImageData ??= class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    };
    codec.compiled ??= compiledFile(codec.file);
    module = await codec.compiled;
  }
  await library.init(module, { printErr, print: printErr });
  return library;
}

async function compiledFile(file: string): Promise<WebAssembly.Module> {
  const [{ createRequire }, { readFile }] = await Promise.all([
    import('node:module'),
    import('node:fs/promises'),
  ]);
  // CommonJS builds have no import.meta.
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  return await WebAssembly.compile(await readFile(createRequire(here).resolve(file)));
}

/**
 * Decodes one image. An instance is replaced after a failure: a damaged image leaves memory allocated, and after some eighty of them
 * even intact images could not be decoded.
 */
async function decodeBy(codec: Codec, bytes: Uint8Array): Promise<Decoded> {
  codec.ready ??= fresh(codec);
  const { ready } = codec;
  try {
    return await (await ready).default(ownBuffer(bytes).buffer);
  } catch (error) {
    if (codec.ready === ready) codec.ready = undefined;
    throw error;
  }
}

/** Uses libjpeg's arithmetic, as sharp does: the pixels are the same. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Raster> {
  const decodeOne = async (): Promise<Raster> => {
    jpegMessages.length = 0;
    let decoded: Decoded;
    try {
      decoded = await decodeBy(JPEG, bytes);
    } catch (cause) {
      throw new Error(jpegMessages.at(-1) ?? 'no JPEG that can be decoded', { cause });
    }
    // libjpeg fills missing pixels with grey.
    const isCut = jpegMessages.some((message) => message.startsWith('Premature end'));
    if (isCut) throw new Error('premature end');
    return rgba(decoded);
  };
  // One image at a time: the messages do not name their image.
  const turn = lastJpeg.then(decodeOne);
  lastJpeg = turn.catch(() => undefined);
  return await turn;
}

let lastJpeg: Promise<unknown> = Promise.resolve();

const rgba = ({ width, height, data }: Decoded): Raster => ({
  width,
  height,
  channels: 4,
  data: new Uint8Array(data.buffer, data.byteOffset, data.length),
});

/** A still image, or the first frame of an animation. */
export async function decodeWebp(bytes: Uint8Array): Promise<Raster> {
  const chunks = webpChunks(bytes);
  const frame = chunks.find(({ name }) => name === 'ANMF');
  if (frame === undefined) return rgba(await decodeBy(WEBP, bytes));
  const drawn = rgba(await decodeBy(WEBP, stillWebp(frame.data)));
  const canvas = chunks.find(({ name }) => name === 'VP8X')?.data;
  return canvas === undefined ? drawn : onCanvas(drawn, frame.data, canvas);
}

/** A frame may cover a part of the animation's canvas only. */
function onCanvas(drawn: Raster, frame: Uint8Array, canvas: Uint8Array): Raster {
  const three = (bytes: Uint8Array, at: number): number =>
    (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0) + 65_536 * (bytes[at + 2] ?? 0);
  const [width, height] = [three(canvas, 4) + 1, three(canvas, 7) + 1];
  const [left, top] = [2 * three(frame, 0), 2 * three(frame, 3)];
  if (drawn.width === width && drawn.height === height) return drawn;
  if (left + drawn.width > width || top + drawn.height > height || width * height > MOST_PIXELS)
    throw new Error('a frame that is larger than the image');
  const data = new Uint8Array(width * height * 4);
  for (let row = 0; row < drawn.height; row++) {
    const pixels = drawn.data.subarray(row * drawn.width * 4, (row + 1) * drawn.width * 4);
    data.set(pixels, ((top + row) * width + left) * 4);
  }
  return { width, height, channels: 4, data };
}

/** The first frame of an animation as a separate file: the decoder supports only still images. */
function stillWebp(frame: Uint8Array): Uint8Array {
  const HEADER = 16;
  const chunks = webpChunks(frame, HEADER);
  const parts = chunks
    .filter(({ name }) => ['ALPH', 'VP8 ', 'VP8L'].includes(name))
    .map(({ whole }) => whole);
  const text = (letters: string): Uint8Array => Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const size = (bytes: number): Uint8Array => new Uint8Array(Uint32Array.of(bytes).buffer);
  if (chunks.some(({ name }) => name === 'ALPH')) {
    // Flags (alpha), then the frame's own width and height less 1, three bytes each.
    parts.unshift(Uint8Array.of(...text('VP8X'), ...size(10), 0x10, 0, 0, 0, ...frame.subarray(6, 12)));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(12 + length);
  out.set([...text('RIFF'), ...size(4 + length), ...text('WEBP')]);
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 12);
  return out;
}
