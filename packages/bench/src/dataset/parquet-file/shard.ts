import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { DistillError, isDistillError } from '@distilljs/core';
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { dataError, firstBytes } from '../bytes/byte-stream.js';

/** One file of a Parquet image set, with its rows not yet read. */
export interface Shard {
  readonly path: string;
  readonly rows: number;
  /** Columns by name, with the names of a structure's fields. */
  readonly columns: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** The hub's description of the columns: the `huggingface` entry of the metadata, unchecked. */
  readonly features: Readonly<Record<string, unknown>>;
  /** Changes whenever the file does. */
  readonly stamp: string;
  /** All values of a column of numbers or text. */
  values(column: string): Promise<readonly unknown[]>;
  /** One value of an image column. Neighbouring rows are read together and cached for a while. */
  cell(column: string, row: number): Promise<unknown>;
}

/** Cached row spans: several readers request images in order. */
const KEPT_GROUPS = 2;
/** Rows decoded together: hubs may write large row groups. */
const MOST_ROWS = 500;
const HINT = 'The file is cut off, damaged or not of this kind: copy or download it again.';

/**
 * Opens a Parquet file and reads its description.
 *
 * @throws DistillError code `data` for a file that is damaged or not Parquet
 */
export async function openShard(path: string): Promise<Shard> {
  const [first = 0, ...more] = firstBytes(path, 4);
  if (String.fromCharCode(first, ...more) !== 'PAR1')
    throw dataError(path, 'a Parquet file (PAR1)', `the bytes ${[first, ...more].join(', ')}`, HINT);
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const compressors = safeForEmpty((await import('hyparquet-compressors')).compressors);
  const file = bufferOf(path);
  const metadata = await guarded(path, file, () => parquetMetadataAsync(file));
  const { columns, features, groups } = await guarded(path, file, async () =>
    Promise.resolve({
      columns: parquetSchema(metadata).children.map(columnOf),
      features: featuresOf(metadata),
      groups: spans(metadata, path),
    }),
  );
  const rows = Number(metadata.num_rows);
  const read = async (column: string, rowStart: number, rowEnd: number): Promise<readonly unknown[]> => {
    const options = { file, metadata, compressors, columns: [column], rowStart, rowEnd, utf8: false };
    const where = `${path}, column '${column}', rows ${rowStart} to ${rowEnd - 1}`;
    const found: readonly Record<string, unknown>[] = await guarded(where, file, () =>
      parquetReadObjects(options),
    );
    if (found.length === rowEnd - rowStart) return found.map((row) => row[column]);
    throw dataError(where, `${rowEnd - rowStart} rows`, String(found.length), HINT);
  };
  const kept = new Map<string, Promise<readonly unknown[]>>();
  const { size, mtimeMs } = statSync(path);
  return {
    path,
    rows,
    columns,
    features,
    stamp: `${size} ${mtimeMs}`,
    values: (column) => (rows === 0 ? Promise.resolve([]) : read(column, 0, rows)),
    async cell(column, row) {
      const span = groups.find(({ end }) => row < end) as Span;
      const key = `${column} ${span.start}`;
      let values = kept.get(key);
      if (values === undefined) {
        const [oldest] = kept.keys();
        if (oldest !== undefined && kept.size >= KEPT_GROUPS) kept.delete(oldest);
        kept.set(key, (values = read(column, span.start, span.end)));
      }
      return (await values)[row - span.start];
    },
  };
}

/** The library's LZ4 fails on the dictionary of a column without values, which decompresses to no bytes. */
const safeForEmpty = (compressors: Compressors): Compressors =>
  Object.fromEntries(
    Object.entries(compressors).map(([name, decompress]) => [
      name,
      (input: Uint8Array, length: number) => (length === 0 ? new Uint8Array() : decompress(input, length)),
    ]),
  );

interface Span {
  readonly start: number;
  readonly end: number;
}

function spans({ row_groups: groups, num_rows: all }: FileMetaData, path: string): readonly Span[] {
  const found: Span[] = [];
  let start = 0;
  for (const { num_rows: count } of groups) {
    const end = start + Number(count);
    for (let at = start; at < end; at += MOST_ROWS)
      found.push({ start: at, end: Math.min(end, at + MOST_ROWS) });
    start = end;
  }
  if (start !== Number(all)) throw dataError(path, `${all} rows in its groups`, String(start), HINT);
  return found;
}

const columnOf = ({ element, children }: SchemaTree): Shard['columns'][number] => ({
  name: element.name,
  fields: children.map((child) => child.element.name),
});

/** A file in the form that hyparquet reads. */
interface FileBuffer extends AsyncBuffer {
  /** Resolves when no read is in progress. */
  settled(): Promise<unknown>;
}

function bufferOf(path: string): FileBuffer {
  const { size } = statSync(path);
  const reading = new Set<Promise<ArrayBuffer>>();
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const file = await open(path);
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    } finally {
      await file.close();
    }
  };
  return {
    byteLength: size,
    slice(start, end = size) {
      const slice = read(start, end);
      reading.add(slice);
      const done = (): void => void reading.delete(slice);
      slice.then(done, done);
      return slice;
    },
    settled: () => Promise.allSettled(reading),
  };
}

/**
 * Libraries fail on damaged bytes in many ways; each becomes one error with the file's name. It waits for their reads in
 * progress, so that none fails after the error.
 */
async function guarded<T>(where: string, file: FileBuffer, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    await file.settled();
    if (isDistillError(cause)) throw cause;
    // A TypeError or RangeError comes from the library's code and tells a user nothing.
    const isOwn = cause instanceof Error && !(cause instanceof TypeError || cause instanceof RangeError);
    const got = isOwn ? cause.message : 'malformed data';
    throw new DistillError({
      code: 'data',
      where,
      expected: 'a Parquet file that can be read',
      got,
      hint: HINT,
      cause,
    });
  }
}

function featuresOf({ key_value_metadata: entries = [] }: FileMetaData): Readonly<Record<string, unknown>> {
  const text = entries.find(({ key }) => key === 'huggingface')?.value;
  try {
    const { info } = JSON.parse(text ?? '{}') as { info?: { features?: unknown } };
    const features = info?.features;
    return typeof features === 'object' && features !== null ? (features as Record<string, unknown>) : {};
  } catch {
    // Class names are optional.
    return {};
  }
}
