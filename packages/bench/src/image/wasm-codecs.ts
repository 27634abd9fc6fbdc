import type { Raster } from '@distilljs/core';
import { webpChunks } from './header.js';

/** The libraries take whole buffers and would read past the end of a view. */
export const ownBuffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/** What both WebAssembly decoders resolve to. */
interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

type WasmDecoder = (bytes: Uint8Array) => Promise<Decoded>;

interface WasmModule {
  init(module?: WebAssembly.Module, overrides?: object): Promise<void>;
  readonly default: (bytes: ArrayBuffer) => Promise<Decoded>;
}

/** What libjpeg has to say of the image that it decodes; it writes to the console otherwise. */
const jpegMessages: string[] = [];
const decoders = new Map<string, Promise<WasmDecoder>>();

/** A decoder of the Squoosh codecs, made once. Browsers fetch its WebAssembly themselves, Node is given the file. */
function wasmDecoder(
  name: 'jpeg' | 'webp',
  load: () => Promise<unknown>,
  file: string,
): Promise<WasmDecoder> {
  const make = async (): Promise<WasmDecoder> => {
    const module = (await load()) as WasmModule;
    const printErr = (text: string): void => void jpegMessages.push(text);
    const isNode = typeof process === 'object' && typeof process.versions.node === 'string';
    if (isNode) {
      // The codecs make one, which Node does not have.
      (globalThis as { ImageData?: unknown }).ImageData ??= class {
        constructor(
          readonly data: Uint8ClampedArray,
          readonly width: number,
          readonly height: number,
        ) {}
      };
      const [{ createRequire }, { readFile }] = await Promise.all([
        import('node:module'),
        import('node:fs/promises'),
      ]);
      // CommonJS builds have no import.meta.
      const here = typeof __filename === 'string' ? __filename : import.meta.url;
      const path = createRequire(here).resolve(file);
      await module.init(await WebAssembly.compile(await readFile(path)), { printErr, print: printErr });
    }
    return (bytes) => module.default(ownBuffer(bytes).buffer);
  };
  const known = decoders.get(name) ?? make();
  decoders.set(name, known);
  return known;
}

/** libjpeg's arithmetic, which sharp has as well: the pixels are the same. */
export async function decodeJpeg(bytes: Uint8Array): Promise<Raster> {
  const load = (): Promise<unknown> => import('@jsquash/jpeg/decode.js');
  const decode = await wasmDecoder('jpeg', load, '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  const decodeOne = async (): Promise<Raster> => {
    jpegMessages.length = 0;
    let decoded: Decoded;
    try {
      decoded = await decode(bytes);
    } catch (cause) {
      throw new Error(jpegMessages.at(-1) ?? 'no JPEG that can be decoded', { cause });
    }
    // libjpeg fills the rest with grey.
    const isCut = jpegMessages.some((message) => message.startsWith('Premature end'));
    if (isCut) throw new Error('premature end');
    return rgba(decoded);
  };
  // One at a time: the messages do not say whose they are.
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
  const load = (): Promise<unknown> => import('@jsquash/webp/decode.js');
  const decode = await wasmDecoder('webp', load, '@jsquash/webp/codec/dec/webp_dec.wasm');
  const frame = webpChunks(bytes).find(({ name }) => name === 'ANMF');
  if (frame === undefined) return rgba(await decode(bytes));
  return rgba(await decode(stillWebp(frame.data)));
}

/** The first frame of an animation as a file of its own: the decoder knows still images alone. */
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
