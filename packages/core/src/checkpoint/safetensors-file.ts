import { describeValue, DistillError } from '../error/index.js';

/*
 * The safetensors format: 8 bytes little-endian header length, a JSON header
 * `{name: {dtype, shape, data_offsets}, __metadata__: {string: string}}`, then the raw little-endian data.
 */

/** Bytes per value, for every type of the format that takes whole bytes. */
const WIDTHS: Readonly<Record<string, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
  ...{ F8_E4M3: 1, F8_E5M2: 1 },
};

/** A tensor's entry in the header. */
export interface SafetensorsEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** A tensor as stored in the file. */
export interface StoredTensor {
  /** The format's type name: `F32`, `BF16`, `I64`, …. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values, little-endian, in row-major order; a view of the file. */
  readonly bytes: Uint8Array;
}

/** A file's tensors by name, in the order of its header, and its text metadata. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The header's entries, unchanged. */
  readonly entries: Readonly<Record<string, SafetensorsEntry>>;
}

/**
 * Parses a safetensors file from any program. Tensor values are not copied or converted.
 *
 * @param where the file's name, for messages
 * @param hint what to do about a damaged file
 * @throws DistillError code `checkpoint` if the file is truncated, damaged or no safetensors file; `option` if
 *   `file` is no Uint8Array
 */
export function readSafetensors(
  file: Uint8Array,
  where = 'readSafetensors',
  hint = 'The file is damaged or of another format; copy or save it again.',
): SafetensorsFile {
  const damaged = (expected: string, got: string): DistillError =>
    new DistillError({ code: 'checkpoint', where, expected, got, hint });
  if (!(file instanceof Uint8Array)) {
    const read = 'Read the file first, for instance `new Uint8Array(await readFile(path))`.';
    const got = describeValue(file);
    throw new DistillError({ code: 'option', where, expected: 'the bytes of a file', got, hint: read });
  }
  if (file.length < 8) throw damaged('at least 8 bytes', `${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > file.length - 8)
    throw damaged(`a header of ${length} bytes`, `a file of ${file.length} bytes`);

  const header = headerOf(file.subarray(8, 8 + length));
  if (header === undefined)
    throw damaged('a JSON header of tensors with types, shapes and offsets', 'something else');
  const { entries, metadata } = header;
  const data = file.subarray(8 + length);
  const end = Math.max(0, ...Object.values(entries).map((entry) => entry.data_offsets[1]));
  if (end !== data.length) throw damaged(`${end} bytes of tensor data`, `${data.length}`);
  const tensors = Object.fromEntries(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, bytes: data.subarray(from, to) }],
    ),
  );
  return { tensors, metadata, entries };
}

/**
 * The values of a floating-point tensor (`F64`, `F32`, `F16`, `BF16`) as 32-bit floats; undefined for other
 * types. 16-bit values convert exactly, 64-bit values are rounded.
 */
export function floatValues(tensor: StoredTensor): Float32Array | undefined {
  // Untyped callers may pass anything.
  const { dtype, bytes } = Object(tensor) as StoredTensor;
  if (!((bytes as unknown) instanceof Uint8Array)) return undefined;
  // A copy is aligned to the value's width, as typed arrays require.
  const { buffer } = new Uint8Array(bytes);
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer));
  if (dtype === 'F16') return Float32Array.from(new Uint16Array(buffer), halfValue);
  if (dtype !== 'BF16') return undefined;
  // The upper half of a 32-bit number.
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halfValue(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The parsed header, undefined if invalid. Every part is checked: a flipped bit may leave valid JSON. */
function headerOf(bytes: Uint8Array): Omit<SafetensorsFile, 'tensors'> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const { __metadata__: metadata = {}, ...entries } = parsed;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    return undefined;
  if (!Object.values(entries).every(isEntry)) return undefined;
  return {
    entries: entries as Record<string, SafetensorsEntry>,
    metadata: metadata as Record<string, string>,
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isEntry(value: unknown): value is SafetensorsEntry {
  if (!isRecord(value)) return false;
  const { dtype, shape, data_offsets: offsets } = value;
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(isWhole);
  if (typeof dtype !== 'string' || !isList(shape) || !isList(offsets) || offsets.length !== 2) return false;
  const [from = 0, to = 0] = offsets;
  return (
    Object.hasOwn(WIDTHS, dtype) &&
    to - from === shape.reduce((size, axis) => size * axis, WIDTHS[dtype] ?? 0)
  );
}
