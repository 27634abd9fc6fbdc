import { DistillError } from '../error/index.js';

/** Fixed-length rows of numbers, kept by number. A row that is not there, or is damaged, is not found. */
export interface RecordStore {
  /** Copies row `index` into `row`. @returns false when it is not there */
  read(index: number, row: Float32Array): boolean;
  write(index: number, row: Float32Array): void;
  /** Rows so far that were there but damaged. */
  readonly damaged: number;
  close(): void;
}

/** Rows that live as long as the process. */
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

/** Bytes that outputs may take in memory: what a process of 64 bits can well hold beside everything else. */
const MEMORY_LIMIT = 4 * 2 ** 30;

/** @throws DistillError code `option` when so many rows are better kept in a folder */
export function expectFitsMemory(rows: number, width: number): void {
  const bytes = rows * width * Float32Array.BYTES_PER_ELEMENT;
  if (bytes <= MEMORY_LIMIT) return;
  const gib = (size: number): string => `${(size / 2 ** 30).toFixed(1)} GiB`;
  throw new DistillError({
    code: 'option',
    where: 'teacherOutputs',
    expected: `at most ${gib(MEMORY_LIMIT)} of cached teacher outputs in memory`,
    got: `${rows} images and views × ${width} numbers, ${gib(bytes)}`,
    hint: 'Name a `folder`, take fewer `views`, or use a method or taps with smaller outputs.',
  });
}
