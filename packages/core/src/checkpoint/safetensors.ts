import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError } from '../error/index.js';
import type { NamedTensors, Tensor } from '../tensor/index.js';

/*
 * The safetensors format: 8 bytes little-endian header length, a JSON header
 * `{name: {dtype, shape, data_offsets}, __metadata__: {string: string}}`, then the raw little-endian data.
 */

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const DTYPES: Readonly<Record<string, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
/** Bytes of a value. */
const WIDTHS: Readonly<Record<string, number>> = { F32: 4, I32: 4, BOOL: 1 };

/**
 * Tensors and text as one safetensors file, with a SHA-256 digest over both in the metadata, so that damage is seen.
 *
 * @param metadata text by key
 * @throws DistillError code `checkpoint` for a tensor of text or complex numbers
 */
export async function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const entries: Record<string, Entry> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const dtype = DTYPES[tensor.dtype];
    if (dtype === undefined) {
      const expected = 'float32, int32 or bool tensors';
      throw new DistillError({ code: 'checkpoint', where: `tensor '${name}'`, expected, got: tensor.dtype });
    }
    const values = await tensor.data();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    entries[name] = { dtype, shape: tensor.shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  const digest = digestOf(entries, metadata, parts);
  const header = utf8ToBytes(JSON.stringify({ __metadata__: { ...metadata, sha256: digest }, ...entries }));
  const padded = new Uint8Array(Math.ceil(header.length / 8) * 8).fill(0x20);
  padded.set(header);
  const file = new Uint8Array(8 + padded.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded.length), true);
  file.set(padded, 8);
  let at = 8 + padded.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/**
 * Reads what {@link encodeSafetensors} wrote. The caller owns the tensors.
 *
 * @param where the file's name, for messages
 * @throws DistillError code `checkpoint` when the file is cut short, damaged or no safetensors file
 */
export function decodeSafetensors(
  file: Uint8Array,
  where: string,
): { readonly tensors: Record<string, Tensor>; readonly metadata: Readonly<Record<string, string>> } {
  const damaged = (expected: string, got: string): DistillError =>
    new DistillError({
      code: 'checkpoint',
      where,
      expected,
      got,
      hint: 'The file is damaged; use an earlier one.',
    });
  if (file.length < 8) throw damaged('at least 8 bytes', `${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > file.length - 8)
    throw damaged(`a header of ${length} bytes`, `a file of ${file.length} bytes`);

  const header = headerOf(file.subarray(8, 8 + length));
  if (header === undefined)
    throw damaged('a JSON header of F32, I32 or BOOL tensors with shapes and offsets', 'something else');
  const { entries, digest, metadata } = header;
  const data = file.subarray(8 + length);
  const parts = Object.values(entries).map(({ data_offsets: [from, to] }) => data.subarray(from, to));
  const end = Math.max(0, ...Object.values(entries).map((entry) => entry.data_offsets[1]));
  if (end !== data.length) throw damaged(`${end} bytes of tensor data`, `${data.length}`);
  const found = digestOf(entries, metadata, parts);
  if (found !== digest) throw damaged(`digest ${digest ?? 'in the metadata'}`, found);

  const tensors = Object.fromEntries(
    Object.entries(entries).map(([name, { dtype, shape }], index) => {
      // A copy, also of Node's Buffer, whose own slice shares memory.
      const { buffer } = new Uint8Array(parts[index] ?? []);
      if (dtype === 'I32') return [name, tf.tensor(new Int32Array(buffer), [...shape], 'int32')];
      if (dtype === 'BOOL') return [name, tf.tensor(new Uint8Array(buffer), [...shape], 'bool')];
      return [name, tf.tensor(new Float32Array(buffer), [...shape], 'float32')];
    }),
  );
  return { tensors, metadata };
}

interface Header {
  readonly entries: Readonly<Record<string, Entry>>;
  /** Undefined in a file of another program. */
  readonly digest: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A flipped bit may leave JSON that is valid and means something else: every part is looked at. */
function headerOf(bytes: Uint8Array): Header | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const { __metadata__: given = {}, ...entries } = parsed;
  if (!isRecord(given) || !Object.values(given).every((value) => typeof value === 'string')) return undefined;
  if (!Object.values(entries).every(isEntry)) return undefined;
  const { sha256, ...metadata } = given as Record<string, string>;
  const digest = /^[0-9a-f]{64}$/.test(sha256 ?? '') ? sha256 : undefined;
  return { entries: entries as Record<string, Entry>, digest, metadata };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isEntry(value: unknown): value is Entry {
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

function digestOf(
  entries: Readonly<Record<string, Entry>>,
  metadata: Readonly<Record<string, string>>,
  parts: readonly Uint8Array[],
): string {
  const hash = sha256.create().update(utf8ToBytes(JSON.stringify([entries, metadata])));
  for (const part of parts) hash.update(part);
  return bytesToHex(hash.digest());
}
