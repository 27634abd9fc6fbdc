import { createReadStream, openSync, closeSync, readSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { DistillError, isDistillError } from '@distilljs/core';
import { expectRegularFile } from '../../file/index.js';

/** Deflate expands a byte to at most 1032: a file that claims more is damaged, or a zip bomb. */
const MOST_EXPANSION = 1032;

/** Bytes that are read once, in order. Requested lengths are checked before memory is allocated. */
export interface ByteStream {
  /** The file, and the part within it, for messages. */
  readonly where: string;
  /**
   * The next `length` bytes, as a copy that the caller owns.
   *
   * @param what names the bytes in messages
   * @throws DistillError code `data` where fewer follow, or the packed data is damaged
   */
  read(length: number, what: string): Promise<Uint8Array>;
  skip(length: number, what: string): Promise<void>;
  /** Throws as `read` does if it is already known that fewer bytes follow. */
  expect(length: number, what: string): void;
  /** Whether nothing follows. At the end of compressed data this call also checks the checksum. */
  atEnd(): Promise<boolean>;
  close(): Promise<void>;
}

export interface FileRange {
  /** First byte. Default: 0. */
  readonly start?: number | undefined;
  /** The byte after the last. Default: the file's size. */
  readonly end?: number | undefined;
  /** Compression of the range. Default: none. */
  readonly packing?: 'none' | 'gzip' | 'zlib' | undefined;
  /** For messages. Default: the path. */
  readonly where?: string | undefined;
}

/** A `DistillError` with code `data`. */
export const dataError = (where: string, expected: string, got: string, hint?: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });

/**
 * Streams a file's bytes, or a range of them. The caller closes it.
 *
 * @throws DistillError code `data` for a path that is not a regular file
 */
export function streamFile(path: string, range: FileRange = {}): ByteStream {
  expectRegularFile(path, 'a data file', 'data', Infinity);
  const { start = 0, end = statSync(path).size, packing = 'none', where = path } = range;
  // createReadStream's inclusive `end` cannot express an empty range.
  if (end <= start) return streamBytes(new Uint8Array(), where);
  const file = createReadStream(path, { start, end: end - 1, highWaterMark: 2 ** 18 });
  const source = packing === 'none' ? file : file.pipe(packing === 'gzip' ? createGunzip() : createInflate());
  // Readers get errors from the iterator; without a listener, an error on an abandoned stream would end the process.
  for (const stream of [file, source] as readonly Readable[]) stream.on('error', () => undefined);
  if (source !== file) file.on('error', (error) => source.destroy(error));
  const most = (end - start) * (packing === 'none' ? 1 : MOST_EXPANSION);
  return byteStream(source, most, where, () => {
    file.destroy();
    source.destroy();
  });
}

/** A stream over bytes in memory. */
export function streamBytes(bytes: Uint8Array, where: string): ByteStream {
  return byteStream(Readable.from([bytes]), bytes.length, where);
}

/** Whether a file starts with gzip's magic bytes: some programs unpack a download but keep its `.gz` name. */
export function isGzip(path: string): boolean {
  const [first, second] = firstBytes(path, 2);
  return first === 0x1f && second === 0x8b;
}

/**
 * The first bytes of a file; fewer where it is shorter.
 *
 * @throws DistillError code `data` for anything but a readable regular file
 */
export function firstBytes(path: string, length: number): Uint8Array {
  expectRegularFile(path, 'a data file', 'data', Infinity);
  const bytes = new Uint8Array(length);
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * @param source chunks of bytes
 * @param most upper bound of the number of bytes
 * @param where for messages
 * @param release called when the stream is closed
 */
export function byteStream(
  source: AsyncIterable<Uint8Array>,
  most: number,
  where: string,
  release?: () => void,
): ByteStream {
  const chunks = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array();
  let done = 0;

  /** Ensures that `chunk` has bytes; false at the end. */
  const fill = async (): Promise<boolean> => {
    while (chunk.length === 0) {
      const next = await chunks.next().catch((cause: unknown) => {
        throw unreadable(where, cause);
      });
      if (next.done === true) return false;
      chunk = next.value;
    }
    return true;
  };
  const short = (length: number, what: string, there: string): DistillError =>
    dataError(
      `${where}, byte ${done}`,
      `${what}, ${length.toLocaleString('en-US')} bytes`,
      there,
      'The file is cut off or damaged: copy or download it again.',
    );
  const expect = (length: number, what: string): void => {
    const left = Math.max(0, most - done);
    if (length > left) throw short(length, what, `at most ${left.toLocaleString('en-US')} more`);
  };
  const take = async (length: number, what: string, into?: Uint8Array): Promise<void> => {
    let taken = 0;
    while (taken < length) {
      if (!(await fill())) throw short(length, what, `${taken.toLocaleString('en-US')}, then the end`);
      const part = chunk.subarray(0, length - taken);
      into?.set(part, taken);
      taken += part.length;
      chunk = chunk.subarray(part.length);
    }
    done += length;
  };
  return {
    where,
    expect,
    async read(length, what) {
      expect(length, what);
      const bytes = new Uint8Array(length);
      await take(length, what, bytes);
      return bytes;
    },
    async skip(length, what) {
      expect(length, what);
      await take(length, what);
    },
    atEnd: async () => !(await fill()),
    async close() {
      await chunks.return?.();
      // Returning an iterator that was never started does not close its stream.
      release?.();
    },
  };
}

function unreadable(where: string, cause: unknown): DistillError {
  if (isDistillError(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const isPacked = code?.startsWith('Z_') === true;
  return new DistillError({
    code: 'data',
    where,
    expected: isPacked ? 'compressed data that unpacks' : 'a readable file',
    got: code === 'Z_BUF_ERROR' ? 'data that end too early' : message,
    hint: isPacked
      ? 'The file is cut off or damaged: copy or download it again.'
      : 'Check the permissions of the file.',
    cause,
  });
}
