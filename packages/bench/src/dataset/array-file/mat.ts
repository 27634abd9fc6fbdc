import { statSync } from 'node:fs';
import { shownText } from '@distilljs/core';
import { dataError, firstBytes, streamBytes, streamFile } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import { byteSize } from '../bytes/numbers.js';
import type { NumberKind } from '../bytes/numbers.js';

/** A variable of a MAT-file, level 5. */
export interface MatVariable {
  readonly name: string;
  /** First axis fastest (column-major). */
  readonly shape: readonly number[];
  /** The stored number type, which may be narrower than its class; undefined where it is not an array of real numbers. */
  readonly kind: NumberKind | undefined;
  /** What it is, for messages, e.g. `cell array`. */
  readonly className: string;
  readonly littleEndian: boolean;
  /** Its numbers; the caller closes the stream. */
  open(): Promise<ByteStream>;
}

const HEADER_BYTES = 128;
export const MATRIX = 14;
const COMPRESSED = 15;
/** A file of images has two variables. */
const MOST_VARIABLES = 1000;

/** Types of stored numbers. */
export const KINDS: Readonly<Record<number, NumberKind>> = {
  1: 'i1',
  2: 'u1',
  3: 'i2',
  4: 'u2',
  5: 'i4',
  6: 'u4',
  7: 'f4',
  9: 'f8',
  12: 'i8',
  13: 'u8',
};
/** Classes 6 to 15 are arrays of numbers. */
const OTHER_CLASSES = ['unknown', 'cell array', 'structure', 'object', 'text', 'sparse array'];

/**
 * The variables of a MAT-file, level 5 (`-v6`, `-v7`, scipy's `savemat`), compressed or not, of either byte order. Their
 * numbers are read on demand.
 *
 * Source of the format: MathWorks, "MAT-File Format", level 5.
 *
 * @throws DistillError code `data`: not a MAT-file, one of level 4 or 7.3, cut off, or damaged
 */
export async function matVariables(path: string): Promise<readonly MatVariable[]> {
  const littleEndian = byteOrder(path);
  const end = statSync(path).size;
  const found: MatVariable[] = [];
  let at = HEADER_BYTES;
  while (at < end) {
    const tag = await withStream(streamFile(path, { start: at }), (stream) => readTag(stream, littleEndian));
    const start = at + 8;
    if (start + tag.size > end) {
      const got = `${(end - start).toLocaleString('en-US')}, then the end`;
      throw dataError(`${path}, byte ${start}`, `${tag.size.toLocaleString('en-US')} bytes`, got, CUT_OFF);
    }
    at = start + tag.size;
    if (tag.type !== MATRIX && tag.type !== COMPRESSED) continue;
    const open = (): ByteStream =>
      tag.type === COMPRESSED
        ? streamFile(path, { start, end: start + tag.size, packing: 'zlib' })
        : streamFile(path, { start: start - 8, end: start + tag.size });
    found.push(await variable(open, littleEndian));
    if (found.length > MOST_VARIABLES) throw dataError(path, `at most ${MOST_VARIABLES} variables`, 'more');
  }
  return found;
}

const CUT_OFF = 'The file is cut off or damaged: copy or download it again.';

function byteOrder(path: string): boolean {
  const header = firstBytes(path, HEADER_BYTES);
  const order = Buffer.from(header.subarray(126)).toString('latin1');
  const text = Buffer.from(header.subarray(0, 116)).toString('latin1').trimEnd();
  const expected = 'a MAT-file, level 5';
  if (text.startsWith('MATLAB 7.3') || Buffer.from(header.subarray(1, 4)).toString('latin1') === 'HDF') {
    const hint =
      "Save it with save(…, '-v7') or scipy.io.savemat. For SVHN, use format 2, cropped digits (train_32x32.mat).";
    throw dataError(path, expected, 'one of level 7.3 (HDF5)', hint);
  }
  if (header.length >= 20 && header.subarray(0, 4).includes(0)) {
    const hint = "Save it with save(…, '-v7') or scipy.io.savemat.";
    throw dataError(path, expected, 'one of level 4, or another format', hint);
  }
  if (header.length < HEADER_BYTES || (order !== 'IM' && order !== 'MI')) {
    const got = header.length < HEADER_BYTES ? `${header.length} bytes` : `'${shownText(text, 40)}'`;
    throw dataError(
      path,
      expected,
      got,
      'Take the file as it is published, or save it with scipy.io.savemat.',
    );
  }
  return order === 'IM';
}

interface Tag {
  readonly type: number;
  readonly size: number;
  /** Data inside the tag itself. */
  readonly inside?: Uint8Array;
}

export async function readTag(stream: ByteStream, littleEndian: boolean): Promise<Tag> {
  const bytes = await stream.read(8, "an element's tag");
  const view = new DataView(bytes.buffer);
  const first = view.getUint32(0, littleEndian);
  const small = first >>> 16;
  if (small === 0) return { type: first, size: view.getUint32(4, littleEndian) };
  if (small > 4) throw dataError(stream.where, "an element's tag", `the bytes ${bytes.join(', ')}`, CUT_OFF);
  return { type: first & 0xffff, size: small, inside: bytes.slice(4, 4 + small) };
}

/** The data of a small element: flags, lengths, a name. */
export async function readSmall(
  stream: ByteStream,
  littleEndian: boolean,
  what: string,
): Promise<Uint8Array> {
  const { size, inside } = await readTag(stream, littleEndian);
  if (inside !== undefined) return inside;
  if (size > 1024) throw dataError(stream.where, what, `${size} bytes`, CUT_OFF);
  const bytes = await stream.read(size, what);
  await stream.skip((8 - (size % 8)) % 8, what);
  return bytes;
}

async function variable(open: () => ByteStream, littleEndian: boolean): Promise<MatVariable> {
  const heading = await withStream(open(), (stream) => readHeading(stream, littleEndian));
  return {
    ...heading,
    littleEndian,
    async open() {
      const stream = open();
      const { inside } = await readHeading(stream, littleEndian);
      if (inside === undefined) return stream;
      await stream.close();
      return streamBytes(inside, stream.where);
    },
  };
}

interface Heading {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: NumberKind | undefined;
  readonly className: string;
  /** The numbers, where they are in the tag itself. */
  readonly inside: Uint8Array | undefined;
}

/** Reads an array up to its numbers. */
async function readHeading(stream: ByteStream, littleEndian: boolean): Promise<Heading> {
  const { type } = await readTag(stream, littleEndian);
  if (type !== MATRIX) throw dataError(stream.where, 'an array', `an element of type ${type}`, CUT_OFF);
  const flags = viewOf(await readSmall(stream, littleEndian, "an array's flags"));
  const dimensions = viewOf(await readSmall(stream, littleEndian, "an array's lengths"));
  const name = Buffer.from(await readSmall(stream, littleEndian, "an array's name")).toString('latin1');
  const word = flags.byteLength >= 4 ? flags.getUint32(0, littleEndian) : 0;
  const shape = Array.from({ length: dimensions.byteLength / 4 }, (_, axis) =>
    dimensions.getInt32(4 * axis, littleEndian),
  );
  const arrayClass = word & 0xff;
  const isComplex = (word & 0x800) !== 0;
  const isReal = arrayClass >= 6 && arrayClass <= 15 && !isComplex;
  const className = isComplex ? 'complex numbers' : (OTHER_CLASSES[arrayClass] ?? 'array of numbers');
  if (!isReal) return { name, shape, kind: undefined, className, inside: undefined };
  const { type: stored, size, inside } = await readTag(stream, littleEndian);
  const kind = KINDS[stored];
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (kind === undefined || shape.some((axis) => axis < 0) || count * byteSize(kind) !== size) {
    const got = `${size} bytes of type ${stored}`;
    throw dataError(stream.where, `the numbers of ${shape.join('×')} values as '${name}'`, got, CUT_OFF);
  }
  return { name, shape, kind, className, inside };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function withStream<T>(stream: ByteStream, use: (stream: ByteStream) => Promise<T>): Promise<T> {
  try {
    return await use(stream);
  } finally {
    await stream.close();
  }
}
