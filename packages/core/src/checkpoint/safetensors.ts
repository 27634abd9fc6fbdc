import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { describeValue, DistillError } from '../error/index.js';
import { expectOption } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import type { NamedTensors, Tensor } from '../tensor/index.js';
import { readSafetensors } from './safetensors-file.js';
import type { SafetensorsEntry } from './safetensors-file.js';

/** Refuses a Map or a promise, which has no own fields: nothing would be written. */
const anObject: OptionCheck = (value) =>
  typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]'
    ? undefined
    : 'an object, one entry per name';

/** The format keeps the metadata under a tensor's name, and we keep the digest among the metadata. */
const RESERVED = 'another name: this one is reserved';

const DTYPES: Readonly<Record<string, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/**
 * Encodes tensors and text as one safetensors file. A SHA-256 digest of both in the metadata lets damage be
 * detected.
 *
 * @param metadata text by key
 * @throws DistillError code `checkpoint` for a tensor that is disposed or of strings or complex numbers;
 *   `option` for arguments of another form, and for the reserved names `sha256` (text) and `__metadata__` (tensor)
 */
export async function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const entries: Record<string, SafetensorsEntry> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  expectOption('encodeSafetensors(tensors)', tensors, anObject);
  expectOption('encodeSafetensors(metadata)', metadata, anObject);
  for (const [name, value] of Object.entries(metadata))
    expectOption(`encodeSafetensors(metadata).${name}`, value, (given) =>
      name === 'sha256' ? RESERVED : typeof given === 'string' ? undefined : 'a text',
    );
  if ('__metadata__' in tensors)
    expectOption('encodeSafetensors(tensors).__metadata__', tensors['__metadata__'], () => RESERVED);
  for (const [name, tensor] of Object.entries(tensors)) {
    const { dtype: type } = Object(tensor) as Partial<Tensor>;
    const dtype = DTYPES[type ?? ''];
    if (dtype === undefined || tensor.isDisposed) {
      const expected = 'float32, int32 or bool tensors';
      const got = dtype === undefined ? (type ?? describeValue(tensor)) : 'a disposed one';
      throw new DistillError({ code: 'checkpoint', where: `tensor '${name}'`, expected, got });
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
 * @throws DistillError code `checkpoint` if the file is truncated, damaged or was not written by
 *   {@link encodeSafetensors}; `option` if `file` is no Uint8Array
 */
export function decodeSafetensors(
  file: Uint8Array,
  where = 'decodeSafetensors',
): { readonly tensors: Record<string, Tensor>; readonly metadata: Readonly<Record<string, string>> } {
  const hint = 'The file is damaged; use an earlier one.';
  const damaged = (expected: string, got: string): DistillError =>
    new DistillError({ code: 'checkpoint', where, expected, got, hint });
  const stored = readSafetensors(file, where, hint);
  const foreign = Object.values(stored.entries).find(({ dtype }) => !Object.values(DTYPES).includes(dtype));
  if (foreign !== undefined) throw damaged('F32, I32 or BOOL tensors', `one of ${foreign.dtype}`);
  const { sha256, ...metadata } = stored.metadata;
  const digest = /^[0-9a-f]{64}$/.test(sha256 ?? '') ? sha256 : undefined;
  const parts = Object.values(stored.tensors).map(({ bytes }) => bytes);
  const found = digestOf(stored.entries, metadata, parts);
  if (found !== digest) throw damaged(`digest ${digest ?? 'in the metadata'}`, found);

  const tensors = Object.fromEntries(
    Object.entries(stored.tensors).map(([name, { dtype, shape, bytes }]) => {
      // Not `slice`, which shares memory for Node's Buffer.
      const { buffer } = new Uint8Array(bytes);
      if (dtype === 'I32') return [name, tf.tensor(new Int32Array(buffer), [...shape], 'int32')];
      if (dtype === 'BOOL') return [name, tf.tensor(new Uint8Array(buffer), [...shape], 'bool')];
      return [name, tf.tensor(new Float32Array(buffer), [...shape], 'float32')];
    }),
  );
  return { tensors, metadata };
}

function digestOf(
  entries: Readonly<Record<string, SafetensorsEntry>>,
  metadata: Readonly<Record<string, string>>,
  parts: readonly Uint8Array[],
): string {
  const hash = sha256.create().update(utf8ToBytes(JSON.stringify([entries, metadata])));
  for (const part of parts) hash.update(part);
  return bytesToHex(hash.digest());
}
