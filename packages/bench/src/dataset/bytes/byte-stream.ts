import { createReadStream, openSync, closeSync, readSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { DistillError, isDistillError } from '@distilljs/core';
import { expectRegularFile } from '../../file/index.js';

/** Deflate cannot expand a byte to more than 1032: what claims more than that is damaged, or a bomb. */
const MOST_EXPANSION = 1032;

/** Bytes that are read in order, each once. What is asked for is checked before memory is taken for it. */
export interface ByteStream {
  /** The file, and the part of it, for messages. */
  readonly where: string;
  /**
   * The next `length` bytes, a copy of the caller's own.
   *
   * @param what they are, for messages
   * @throws DistillError code `data` where fewer follow, or the packed data is damaged
   */
  read(length: number, what: string): Promise<Uint8Array>;
  skip(length: number, what: string): Promise<void>;
  /** Throws as `read` does where it is known beforehand that fewer follow. */
  expect(length: number, what: string): void;
  /** Whether nothing follows. Packed data is checked against its checksum by asking this at its end. */
  atEnd(): Promise<boolean>;
  close(): Promise<void>;
}

export interface FileRange {
  /** First byte. Default: 0. */
  readonly start?: number | undefined;
  /** The byte after the last. Default: the file's size. */
  readonly end?: number | undefined;
  /** How the range is packed. Default: not at all. */
  readonly packing?: 'none' | 'gzip' | 'zlib' | undefined;
  /** For messages. Default: the path. */
  readonly where?: string | undefined;
}

/** Code `data`, in as few words as a reader needs. */
export const dataError = (where: string, expected: string, got: string, hint?: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });

/**
 * A file's bytes, or a range of them. The caller closes it.
 *
 * @throws DistillError code `data` for a path that leads to no regular file
 */
export function streamFile(path: string, range: FileRange = {}): ByteStream {
  expectRegularFile(path, 'a data file', 'data', Infinity);
  const { start = 0, end = statSync(path).size, packing = 'none', where = path } = range;
  // A stream of no bytes cannot be asked for by its last byte.
  if (end <= start) return streamBytes(new Uint8Array(), where);
  const file = createReadStream(path, { start, end: end - 1, highWaterMark: 2 ** 18 });
  const source = packing === 'none' ? file : file.pipe(packing === 'gzip' ? createGunzip() : createInflate());
  // Whoever reads is told of errors by the iterator; a stream that nobody reads any more has nobody to tell.
  for (const stream of [file, source] as readonly Readable[]) stream.on('error', () => undefined);
  if (source !== file) file.on('error', (error) => source.destroy(error));
  const most = (end - start) * (packing === 'none' ? 1 : MOST_EXPANSION);
  return byteStream(source, most, where, () => {
    file.destroy();
    source.destroy();
  });
}

/** Bytes that are in memory. */
export function streamBytes(bytes: Uint8Array, where: string): ByteStream {
  return byteStream(Readable.from([bytes]), bytes.length, where);
}

/** Whether a file starts as gzip does: downloads are unpacked by some programs and keep the name. */
export function isGzip(path: string): boolean {
  const [first, second] = firstBytes(path, 2);
  return first === 0x1f && second === 0x8b;
}

/**
 * The first bytes of a file; fewer where it is shorter.
 *
 * @throws DistillError code `data` for what is no regular file, or cannot be read
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
 * @param most no more than so many bytes can come
 * @param where for messages
 * @param release what else there is to do when it is closed
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

  /** Makes sure that `chunk` has bytes; false at the end. */
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
      // An iterator that was never asked for anything does not end its stream.
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
