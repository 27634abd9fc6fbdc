import type { ByteStream } from './byte-stream.js';

/** Number types as in numpy: `u` unsigned, `i` signed, `f` float, with their bytes; `b1` is boolean. */
export type NumberKind = 'b1' | 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'u8' | 'i8' | 'f2' | 'f4' | 'f8';

export const byteSize = (kind: NumberKind): number => Number(kind.slice(1));

/** Numbers with their range. Large values lose precision that neither pixels nor labels need. */
export interface Numbers {
  readonly values: Uint8Array | Float32Array;
  /** NaN, as `most`, if any value is NaN. */
  readonly least: number;
  readonly most: number;
}

/** Values converted at a time, so that a large array is never in memory twice. */
const AT_ONCE = 2 ** 18;

/**
 * Reads `count` numbers: bytes as they are, all others as 32-bit floats.
 *
 * @param what names the numbers in messages
 * @throws DistillError code `data` where fewer follow
 */
export async function readNumbers(
  stream: ByteStream,
  count: number,
  kind: NumberKind,
  littleEndian: boolean,
  what: string,
): Promise<Numbers> {
  if (kind === 'u1' || kind === 'b1') return spanned(await stream.read(count, what));
  // Checked as a whole first: an impossible count is found before memory is allocated.
  const size = byteSize(kind);
  const bytesOf = (values: number): Promise<Uint8Array> => stream.read(values * size, what);
  if (count <= AT_ONCE) return spanned(unpack(await bytesOf(count), kind, littleEndian));
  stream.expect(count * size, what);
  const values = new Float32Array(count);
  for (let at = 0; at < count; at += AT_ONCE)
    values.set(unpack(await bytesOf(Math.min(AT_ONCE, count - at)), kind, littleEndian), at);
  return spanned(values);
}

function spanned(values: Uint8Array | Float32Array): Numbers {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) return { values, least: NaN, most: NaN };
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { values, least, most };
}

function unpack(bytes: Uint8Array, kind: NumberKind, littleEndian: boolean): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = byteSize(kind);
  const read = READERS[kind];
  const values = new Float32Array(bytes.length / size);
  for (let at = 0; at < values.length; at++) values[at] = read(view, at * size, littleEndian);
  return values;
}

/** Reads one number of each kind. */
export const READERS: Readonly<
  Record<NumberKind, (view: DataView, at: number, littleEndian: boolean) => number>
> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f2: (view, at, little) => half(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
