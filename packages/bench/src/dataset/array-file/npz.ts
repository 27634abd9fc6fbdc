import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { byteStream, dataError } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import { expectRegularFile } from '../../file/index.js';

/** The arrays of an `.npz` archive by name; each can be read once. */
export interface Npz {
  readonly names: readonly string[];
  /** @throws DistillError code `data` where its entry is damaged */
  open(name: string): Promise<ByteStream>;
  close(): void;
}

/** Deflate expands a byte to at most 1032; 64 more bytes allow for the entry's overhead. */
const mayHold = (packed: number): number => packed * 1032 + 64;
/** An image dataset has a handful of arrays. */
const MOST_ENTRIES = 1000;

/**
 * Opens a zip of numpy arrays, stored or deflated. Sizes and checksums of what is read are checked.
 *
 * @throws DistillError code `data` for a file that is not a zip, or that has too many entries
 */
export async function openNpz(path: string): Promise<Npz> {
  expectRegularFile(path, 'an .npz file', 'data', Infinity);
  // A bundled CommonJS module has its default export alone.
  const { default: yauzl } = await import('yauzl');
  const damaged = (cause: unknown, where = path): Error =>
    dataError(where, 'a zip of numpy arrays', (cause as Error).message, HINT);
  let zip: ZipFile | undefined;
  const entries = new Map<string, Entry>();
  try {
    zip = await yauzl.openPromise(path, { autoClose: false, lazyEntries: true });
    if (zip.entryCount > MOST_ENTRIES) throw new Error(`${zip.entryCount} entries`);
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ''), entry);
  } catch (cause) {
    zip?.close();
    throw damaged(cause);
  }
  const opened = zip;
  return {
    names: [...entries.keys()],
    async open(name) {
      const entry = entries.get(name) as Entry;
      const where = `${path}, array '${name}'`;
      if (entry.uncompressedSize > mayHold(entry.compressedSize)) {
        const got = `${entry.uncompressedSize} bytes from ${entry.compressedSize}`;
        throw dataError(where, 'an array that its compressed bytes can hold', got, HINT);
      }
      try {
        const stream = await opened.openReadStreamPromise(entry);
        stream.on('error', () => undefined);
        const chunks = checked(stream, entry.crc32, where);
        return byteStream(chunks, entry.uncompressedSize, where, () => stream.destroy());
      } catch (cause) {
        throw damaged(cause, where);
      }
    },
    close() {
      opened.close();
    },
  };
}

const HINT =
  'The file is cut off, damaged or not of this kind: copy it again, or save it with numpy.savez_compressed.';

async function* checked(
  stream: AsyncIterable<Uint8Array>,
  expected: number,
  where: string,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  try {
    for await (const chunk of stream) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (cause) {
    throw dataError(where, 'an array of the size that the zip says', (cause as Error).message, HINT);
  }
  if (sum !== expected)
    throw dataError(where, `bytes with the checksum ${expected.toString(16)}`, sum.toString(16), HINT);
}
