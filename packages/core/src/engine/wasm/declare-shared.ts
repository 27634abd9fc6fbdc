/** Sections of a WebAssembly binary that can hold a memory, and kinds of imports. */
const [IMPORTS, MEMORIES] = [2, 5];
const [FUNCTION, TABLE, MEMORY] = [0, 1, 2];
/** Flags of limits: with a maximum, shared. */
const SHARED = 3;
/** 4 GiB in pages of 64 KiB. */
const MOST_PAGES = 65_536;
const HEADER_BYTES = 8;

/**
 * A WebAssembly binary with its memory, its own or imported, declared as shared between threads, up to 4 GiB. The code
 * needs no change: loads and stores on a shared memory are the same.
 *
 * @returns null if there is no memory, or if it is shared already
 */
export function declareShared(binary: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const reader = { binary, at: HEADER_BYTES };
  while (reader.at < binary.length) {
    const sectionStart = reader.at;
    const id = readByte(reader);
    const size = readNumber(reader);
    const contentStart = reader.at;
    const limits =
      id === IMPORTS ? findMemoryImport(reader) : id === MEMORIES ? (readNumber(reader), reader.at) : null;
    reader.at = contentStart + size;
    if (limits === null) continue;
    const limitsReader = { binary, at: limits };
    if (readByte(limitsReader) === SHARED) return null;
    const least = readNumber(limitsReader);
    // The new maximum replaces the old one, if any.
    if (binary[limits] === 1) readNumber(limitsReader);
    const content = [
      ...binary.subarray(contentStart, limits),
      ...[SHARED, ...encoded(least), ...encoded(MOST_PAGES)],
      ...binary.subarray(limitsReader.at, contentStart + size),
    ];
    const section = [id, ...encoded(content.length), ...content];
    const result = new Uint8Array(sectionStart + section.length + binary.length - reader.at);
    result.set(binary.subarray(0, sectionStart));
    result.set(section, sectionStart);
    result.set(binary.subarray(reader.at), sectionStart + section.length);
    return result;
  }
  return null;
}

interface Reader {
  readonly binary: Uint8Array;
  at: number;
}

/** Position of the imported memory's limits; null if no memory is imported. */
function findMemoryImport(reader: Reader): number | null {
  for (let left = readNumber(reader); left > 0; left--) {
    for (let name = 0; name < 2; name++) {
      const length = readNumber(reader);
      reader.at += length;
    }
    const kind = readByte(reader);
    if (kind === MEMORY) return reader.at;
    if (kind === FUNCTION) readNumber(reader);
    else if (kind === TABLE) {
      readByte(reader);
      const flags = readByte(reader);
      readNumber(reader);
      if (flags === 1) readNumber(reader);
    } else reader.at += 2;
  }
  return null;
}

function readByte(reader: Reader): number {
  return reader.binary[reader.at++] ?? 0;
}

/** Seven bits per byte, the low ones first (LEB128). */
function readNumber(reader: Reader): number {
  for (let value = 0, shift = 0; ; shift += 7) {
    const byte = readByte(reader);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
}

function encoded(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encoded(Math.floor(value / 0x80))];
}
