import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';

/** Fixed-length rows of numbers, stored by index. A missing or damaged row is not found. */
export interface RecordStore {
  /** Copies row `index` into `row`. @returns false if it is missing or damaged */
  read(index: number, row: Float32Array): boolean;
  write(index: number, row: Float32Array): void;
  /** Number of damaged rows found so far. */
  readonly damaged: number;
  close(): void;
}

/** Keeps rows in memory. */
export function memoryRecords(): RecordStore {
  const rows = new Map<number, Float32Array>();
  return {
    damaged: 0,
    read(index, row) {
      const known = rows.get(index);
      if (known !== undefined) row.set(known);
      return known !== undefined;
    },
    write(index, row) {
      rows.set(index, row.slice());
    },
    close() {
      rows.clear();
    },
  };
}

/** Maximum bytes of outputs in memory: a 64-bit process can hold as many beside everything else. */
const MEMORY_LIMIT = 4 * 2 ** 30;

/**
 * Whether kind `auto` keeps a teacher's outputs: they take at most a quarter of the memory and at most 4 GiB;
 * in a page, at most 1 GiB.
 *
 * @param rows number of images times number of views
 * @param width numbers per row: logits and taps
 */
export function teacherOutputsFit(rows: number, width: number): boolean {
  const quarter = typeof process === 'undefined' ? 2 ** 30 : nodeModule('node:os', 'memory').totalmem() / 4;
  return rows * width * Float32Array.BYTES_PER_ELEMENT <= Math.min(MEMORY_LIMIT, quarter);
}

/** Stores nothing. */
export const noRecords: RecordStore = {
  damaged: 0,
  read: () => false,
  write: () => undefined,
  close: () => undefined,
};

/** @throws DistillError code `option` for rows that exceed the memory limit and belong in a folder */
export function expectFitsMemory(rows: number, width: number): void {
  const bytes = rows * width * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= MEMORY_LIMIT) return;
  const gib = (size: number): string => `${(size / 2 ** 30).toFixed(1)} GiB`;
  throw new DistillError({
    code: 'option',
    where: 'teacherOutputs',
    expected: `at most ${gib(MEMORY_LIMIT)} of cached teacher outputs in memory`,
    got: `${rows} images and views × ${width} numbers, ${gib(bytes)}`,
    hint: 'Set `folder`, use fewer `views`, or use a method or taps with smaller outputs.',
  });
}

/** Bytes of a row's digest: enough to detect accidental damage. */
const DIGEST = 8;

/**
 * Rows in one file, each after a digest of its index and bytes (Node). A row of another image or file counts as
 * damaged. Each row is written with one call: after a crash it is complete, missing, or detectably damaged.
 *
 * @param width numbers per row
 * @param owner text that identifies what the rows belong to, unique to the file
 */
export function fileRecords(file: string, width: number, owner: string): RecordStore {
  const fs = nodeModule('node:fs', 'teacher outputs in a folder');
  const { createHash } = nodeModule('node:crypto', 'teacher outputs in a folder');
  // Open for appending first: this creates a missing file and keeps an existing one.
  fs.closeSync(fs.openSync(file, 'a'));
  const descriptor = fs.openSync(file, 'r+');
  const size = DIGEST + width * Float32Array.BYTES_PER_ELEMENT;
  const record = Buffer.alloc(size);
  const values = record.subarray(DIGEST);
  const digest = (index: number): Buffer =>
    createHash('sha256').update(`${owner}\n${index}\n`).update(values).digest().subarray(0, DIGEST);
  let damaged = 0;
  return {
    get damaged() {
      return damaged;
    },
    read(index, row) {
      record.fill(0);
      const found = fs.readSync(descriptor, record, 0, size, index * size);
      // A row that was never written before a later one reads as zeros.
      if (found === 0 || record.subarray(0, DIGEST).every((byte) => byte === 0)) return false;
      if (found < size || !digest(index).equals(record.subarray(0, DIGEST))) {
        damaged += 1;
        return false;
      }
      new Uint8Array(row.buffer, row.byteOffset, row.byteLength).set(values);
      return true;
    },
    write(index, row) {
      values.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
      digest(index).copy(record);
      fs.writeSync(descriptor, record, 0, size, index * size);
    },
    close() {
      fs.closeSync(descriptor);
    },
  };
}
