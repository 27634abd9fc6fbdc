import { shownText } from '@distilljs/core';
import { dataError } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import type { NumberKind } from '../bytes/numbers.js';

/** The header of a numpy array. */
export interface NpyHeader {
  readonly kind: NumberKind;
  readonly littleEndian: boolean;
  /** Whether the first axis varies fastest (column-major). */
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

const KINDS = ['b1', 'u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f2', 'f4', 'f8'] as const;
/** A header of a plain array is one line; record arrays are refused. */
const LONGEST_HEADER = 2 ** 16;

/**
 * Reads the header of an `.npy` array, versions 1 to 3: the magic bytes, the version, the header's length, and a Python
 * dictionary of `descr`, `fortran_order` and `shape`. The numbers follow.
 *
 * Arrays of Python objects are pickles, which can run code: they are refused.
 *
 * Source of the format: NumPy's documentation, numpy.lib.format.
 *
 * @throws DistillError code `data`
 */
export async function readNpyHeader(stream: ByteStream): Promise<NpyHeader> {
  const start = await stream.read(8, 'the head of a numpy array');
  const mark = Buffer.from(start.subarray(0, 6)).toString('latin1');
  const version = start[6] ?? 0;
  if (mark !== '\x93NUMPY' || version < 1 || version > 3) {
    const hint = 'Save arrays with numpy.savez_compressed or numpy.save.';
    throw dataError(stream.where, 'a numpy array, version 1 to 3', wordsFor(start), hint);
  }
  const lengthBytes = await stream.read(version === 1 ? 2 : 4, 'the length of the header');
  const view = new DataView(lengthBytes.buffer);
  const length = version === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > LONGEST_HEADER)
    throw dataError(stream.where, `a header of at most ${LONGEST_HEADER} bytes`, `${length} bytes`);
  return parsed(Buffer.from(await stream.read(length, 'the header')).toString('utf8'), stream.where);
}

function parsed(header: string, where: string): NpyHeader {
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(header)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)?.[1];
  const axes = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (/['"]descr['"]\s*:\s*\[/.test(header)) throw wrongKind(where, 'records of several fields');
  if (descr === undefined || order === undefined || axes === undefined) {
    const expected = 'a header with descr, fortran_order and shape';
    throw dataError(where, expected, shownText(header.trim(), 120));
  }
  const kind = KINDS.find((known) => known === descr.slice(1));
  if (kind === undefined || !'<>|='.includes(descr[0] ?? '')) throw wrongKind(where, kindName(descr));
  const shape = axes
    .split(',')
    .map((axis) => axis.trim().replace('L', ''))
    .filter((axis) => axis !== '')
    .map(Number);
  if (!Number.isSafeInteger(shape.reduce((product, axis) => product * axis, 8)))
    throw dataError(where, 'a shape that fits into memory', `(${shape.join(', ')})`);
  return { kind, littleEndian: descr[0] !== '>', fortran: order === 'True', shape };
}

function wrongKind(where: string, got: string): Error {
  const hint =
    got === 'Python objects (a pickle)'
      ? 'A pickle can run any program, so none is read. Save one array of equal images: numpy.savez(path, images=numpy.stack(images), labels=numpy.array(labels)).'
      : 'Convert it first, e.g. images.astype("uint8").';
  return dataError(where, 'an array of numbers (integers or floats of up to 64 bits)', got, hint);
}

function kindName(descr: string): string {
  const letter = descr.replace(/^[<>|=]/, '')[0] ?? '';
  const names: Readonly<Record<string, string>> = {
    O: 'Python objects (a pickle)',
    U: 'texts',
    S: 'texts',
    a: 'texts',
    c: 'complex numbers',
    V: 'records of several fields',
    M: 'dates',
    m: 'spans of time',
  };
  return names[letter] ?? `the type ${shownText(descr, 20)}`;
}

function wordsFor(bytes: Uint8Array): string {
  if (bytes[0] === 0x80 && (bytes[1] ?? 0) <= 5) return 'a Python pickle';
  return `the bytes ${bytes.join(', ')}`;
}
