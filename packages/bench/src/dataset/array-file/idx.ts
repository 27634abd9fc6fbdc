import { dataError } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import type { NumberKind } from '../bytes/numbers.js';

/** The header of an IDX file. */
export interface IdxHeader {
  readonly kind: NumberKind;
  /** First axis slowest; numbers are big-endian. */
  readonly shape: readonly number[];
}

const KINDS: Readonly<Record<number, NumberKind>> = {
  0x08: 'u1',
  0x09: 'i1',
  0x0b: 'i2',
  0x0c: 'i4',
  0x0d: 'f4',
  0x0e: 'f8',
};

/**
 * Reads the header of an IDX file: two zero bytes, a byte for the number type, one for the number of axes, and four bytes
 * for the length of each axis, big-endian. The numbers follow.
 *
 * Source of the format: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
 *
 * @throws DistillError code `data`
 */
export async function readIdxHeader(stream: ByteStream): Promise<IdxHeader> {
  const start = await stream.read(4, 'the head of an IDX file');
  const [zero, zeroToo, code = 0, axes = 0] = start;
  const kind = KINDS[code];
  if (zero !== 0 || zeroToo !== 0 || kind === undefined || axes === 0) {
    const expected = 'an IDX file: 0, 0, a kind of number (8, 9, 11 to 14) and a number of axes';
    const hint = 'Take the files as they are published, gzipped or not, e.g. train-images-idx3-ubyte.gz.';
    throw dataError(stream.where, expected, `the bytes ${start.join(', ')}`, hint);
  }
  const lengths = await stream.read(4 * axes, 'the lengths of the axes');
  const view = new DataView(lengths.buffer);
  return { kind, shape: Array.from({ length: axes }, (_, axis) => view.getUint32(4 * axis)) };
}
