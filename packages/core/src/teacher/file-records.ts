import { nodeModule } from '../platform/node-module.js';
import type { RecordStore } from './record-store.js';

/** Bytes of a row's digest: enough to tell chance damage. */
const DIGEST = 8;

/**
 * Rows in one file, each behind a digest of its bytes (Node). A row is written with one call: after a crash it is whole,
 * absent, or seen to be damaged.
 *
 * @param width numbers per row
 */
export function fileRecords(file: string, width: number): RecordStore {
  const fs = nodeModule('node:fs', 'teacher outputs in a folder');
  const { createHash } = nodeModule('node:crypto', 'teacher outputs in a folder');
  // Opened to append first, so that a file that is not there is made and one that is there is kept.
  fs.closeSync(fs.openSync(file, 'a'));
  const descriptor = fs.openSync(file, 'r+');
  const size = DIGEST + width * Float32Array.BYTES_PER_ELEMENT;
  const record = Buffer.alloc(size);
  const values = record.subarray(DIGEST);
  const digest = (): Buffer => createHash('sha256').update(values).digest().subarray(0, DIGEST);
  let damaged = 0;
  return {
    get damaged() {
      return damaged;
    },
    read(index, row) {
      record.fill(0);
      const found = fs.readSync(descriptor, record, 0, size, index * size);
      // A row that was skipped over reads as zeros.
      if (found === 0 || record.subarray(0, DIGEST).every((byte) => byte === 0)) return false;
      if (found < size || !digest().equals(record.subarray(0, DIGEST))) {
        damaged += 1;
        return false;
      }
      new Uint8Array(row.buffer, row.byteOffset, row.byteLength).set(values);
      return true;
    },
    write(index, row) {
      values.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
      digest().copy(record);
      fs.writeSync(descriptor, record, 0, size, index * size);
    },
    close() {
      fs.closeSync(descriptor);
    },
  };
}
