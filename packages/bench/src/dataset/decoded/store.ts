import { closeSync, openSync, read as readCallback, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { DistillError, makeFolder } from '@distilljs/core';
import type { PixelSums } from '@distilljs/core';
import { reasonOf, statsAt } from '../../file/index.js';
import type { PreparedImage } from './prepare.js';

/*
 * Decoded images on disk: a folder of shards. A shard is pixels, image after image, then an index as JSON, then the index's
 * length, its CRC-32 and a magic number, 4 bytes each. Shards are written under another name, synced, renamed, and never
 * changed: two processes at once only repeat work, and a crash costs only the unfinished shard.
 */

/** Where an image's pixels are. */
export interface Stored {
  /** SHA-256 of the pixels, its first 32 hexadecimal digits. */
  readonly digest: string;
  readonly crc: number;
  readonly shard: string;
  readonly slot: number;
  /** Undefined in shards of older versions. */
  readonly sums?: PixelSums | undefined;
}

type IndexEntry = readonly [key: string, digest: string, crc: number, sums?: PixelSums];

const ENDING = '.images';
const UNFINISHED = '.unfinished';
const MARK = 0x31534a44;
const TAIL = 12;
/** Pixel bytes of a shard. Larger shards lose more in a crash; smaller ones need more open files. */
const SHARD_BYTES = 256 * 2 ** 20;
/** An unfinished shard that has not been written to for a day was left by a crash. */
const LEFT_BEHIND = 24 * 3600 * 1000;

const read = promisify(readCallback);

export interface ImageStore {
  find(key: string): Stored | undefined;
  /** The pixels of one image, read from disk and checked. */
  pixels(stored: Stored): Promise<Uint8Array>;
  /** Opens a writer; `find` sees its images once their shard is finished. */
  writer(): StoreWriter;
}

export interface StoreWriter {
  add(key: string, image: PreparedImage): Promise<void>;
  /** Finishes the shard. */
  close(): Promise<void>;
  /** Removes the unfinished shard. */
  abandon(): Promise<void>;
}

/**
 * Opens a folder of decoded images, and creates it if it is missing. Truncated shards, and shards with a damaged index, are
 * removed: their images are decoded again.
 *
 * @param imageBytes bytes of one image
 * @throws DistillError code `data` where no folder can be made
 */
export function openStore(folder: string, imageBytes: number): ImageStore {
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: `cache of decoded images, ${folder}`,
      expected: 'a folder that can be made',
      got: reasonOf(cause),
      hint: 'Name another folder with the environment variable DISTILLJS_CACHE or with dataset.cacheDir.',
      cause,
    });
  }
  const index = new Map<string, Stored>();
  const take = (shard: string, entries: readonly IndexEntry[]): void => {
    entries.forEach(([key, digest, crc, sums], slot) => index.set(key, { digest, crc, shard, slot, sums }));
  };
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith(UNFINISHED)) removeLeftBehind(path);
    if (!name.endsWith(ENDING)) continue;
    const entries = readIndex(path, imageBytes);
    if (entries === undefined) rmSync(path, { force: true });
    else take(name, entries);
  }
  return {
    find: (key) => index.get(key),
    async pixels({ shard, slot, crc }) {
      const buffer = new Uint8Array(imageBytes);
      const { bytesRead } = await read(
        descriptor(join(folder, shard)),
        buffer,
        0,
        imageBytes,
        slot * imageBytes,
      );
      if (bytesRead === imageBytes && crc32(buffer) === crc) return buffer;
      const path = join(folder, shard);
      rmSync(path, { force: true });
      throw new DistillError({
        code: 'data',
        where: path,
        expected: 'the pixels that were written',
        got: 'other bytes',
        hint: 'The file was removed: the same command decodes its images again.',
      });
    },
    writer: () => storeWriter(folder, imageBytes, take),
  };
}

/** Shards that are open for reading, by path. Opened by each load of a set, they would pile up. */
const files = new Map<string, number>();

function descriptor(path: string): number {
  try {
    const known = files.get(path) ?? openSync(path, 'r');
    files.set(path, known);
    return known;
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: path,
      expected: 'decoded images',
      got: reasonOf(cause),
      hint: 'Was the cache emptied? The same command decodes its images again.',
      cause,
    });
  }
}

let shards = 0;

function storeWriter(
  folder: string,
  imageBytes: number,
  take: (shard: string, entries: readonly IndexEntry[]) => void,
): StoreWriter {
  let current:
    { readonly file: FileHandle; readonly name: string; readonly entries: IndexEntry[] } | undefined;
  /** Serializes the writes: decoding lanes add images concurrently. */
  let last: Promise<void> = Promise.resolve();
  const begin = async (): Promise<NonNullable<typeof current>> => {
    const name = `${Date.now().toString(36)}-${process.pid}-${++shards}${ENDING}`;
    return { name, file: await open(join(folder, `${name}${UNFINISHED}`), 'w'), entries: [] };
  };
  const finish = async (): Promise<void> => {
    if (current === undefined) return;
    const { file, name, entries } = current;
    current = undefined;
    const text = Buffer.from(JSON.stringify(entries));
    const tail = Buffer.alloc(TAIL);
    [text.length, crc32(text), MARK].forEach((value, at) => tail.writeUInt32LE(value, 4 * at));
    await file.write(Buffer.concat([text, tail]), 0, text.length + TAIL, entries.length * imageBytes);
    await file.sync();
    await file.close();
    await rename(join(folder, `${name}${UNFINISHED}`), join(folder, name));
    take(name, entries);
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work);
    return last;
  };
  return {
    add: (key, { pixels, digest, crc, sums }) =>
      inTurn(async () => {
        current ??= await begin();
        await current.file.write(pixels, 0, imageBytes, current.entries.length * imageBytes);
        current.entries.push([key, digest, crc, sums]);
        if (current.entries.length * imageBytes >= SHARD_BYTES) await finish();
      }),
    close: () => inTurn(finish),
    async abandon() {
      await last.catch(() => undefined);
      if (current === undefined) return;
      await current.file.close().catch(() => undefined);
      await rm(join(folder, `${current.name}${UNFINISHED}`), { force: true });
      current = undefined;
    },
  };
}

/** The index of a shard; undefined for an incomplete file. */
function readIndex(path: string, imageBytes: number): readonly IndexEntry[] | undefined {
  const { size } = statSync(path);
  if (size < TAIL) return undefined;
  const file = openSync(path, 'r');
  try {
    const bytes = (length: number, at: number): Buffer => {
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, length, at);
      return buffer;
    };
    const tail = bytes(TAIL, size - TAIL);
    const length = tail.readUInt32LE(0);
    if (tail.readUInt32LE(8) !== MARK || length > size - TAIL) return undefined;
    const text = bytes(length, size - TAIL - length);
    if (crc32(text) !== tail.readUInt32LE(4)) return undefined;
    const entries = JSON.parse(text.toString()) as readonly IndexEntry[];
    return entries.length * imageBytes + length + TAIL === size ? entries : undefined;
  } finally {
    closeSync(file);
  }
}

function removeLeftBehind(path: string): void {
  const stats = statsAt(path);
  if (stats !== undefined && Date.now() - stats.mtimeMs > LEFT_BEHIND) rmSync(path, { force: true });
}
