import { dataError } from '../bytes/byte-stream.js';
import type { ByteStream } from '../bytes/byte-stream.js';
import { byteSize, READERS } from '../bytes/numbers.js';
import { KINDS, MATRIX, matVariables, readSmall, readTag } from './mat.js';

/** A record of a structure array: text fields as text, numeric fields as their first number. */
export type MatRecord = Readonly<Record<string, string | number | undefined>>;

const MOST_RECORDS = 1e6;
/** Limit for one field of one record. */
const MOST_BYTES = 2 ** 24;
const TEXT = 4;

/**
 * The records of a structure array in a MAT-file, level 5, such as `synsets` in ImageNet's `meta.mat`. Fields that are neither texts nor
 * numbers are left out.
 *
 * @throws DistillError code `data`: no such structure, a file that is cut off or damaged
 */
export async function matStructs(path: string, name: string): Promise<readonly MatRecord[]> {
  const all = await matVariables(path);
  const found = all.find((each) => each.name === name);
  const expected = `a structure '${name}'`;
  if (found?.className !== 'structure') {
    const names = all.map((each) => `${each.name} (${each.className})`).join(', ');
    throw dataError(path, expected, names === '' ? 'no variables' : names);
  }
  const little = found.littleEndian;
  const count = found.shape.reduce((product, axis) => product * axis, 1);
  if (count > MOST_RECORDS)
    throw dataError(path, expected, `one of ${count.toLocaleString('en-US')} records`);
  const stream = await found.open();
  try {
    const width = viewOf(await readSmall(stream, little, 'the length of field names')).getInt32(0, little);
    const names = Buffer.from(await readSmall(stream, little, 'field names')).toString('latin1');
    const fields = Array.from({ length: width > 0 ? Math.floor(names.length / width) : 0 }, (_, at) =>
      names.slice(at * width, (at + 1) * width).replace(/\0.*$/s, ''),
    );
    const records: MatRecord[] = [];
    for (let at = 0; at < count; at++) {
      const record: Record<string, string | number | undefined> = {};
      for (const field of fields) record[field] = await readField(stream, little, field);
      records.push(record);
    }
    return records;
  } finally {
    await stream.close();
  }
}

async function readField(
  stream: ByteStream,
  little: boolean,
  field: string,
): Promise<string | number | undefined> {
  const what = `field '${field}'`;
  const { type, size } = await readTag(stream, little);
  if (type !== MATRIX || size > MOST_BYTES)
    throw dataError(stream.where, `an array as ${what}`, `${size} bytes of type ${type}`);
  const [flags, , , data] = elements(await stream.read(size, what), little);
  if (flags === undefined || data === undefined) return undefined;
  const arrayClass = flags.data.getUint32(0, little) & 0xff;
  const bytes = Buffer.from(data.data.buffer, data.data.byteOffset, data.data.byteLength);
  if (arrayClass === TEXT) return textOf(bytes, data.type, little);
  const kind = KINDS[data.type];
  const isNumber = arrayClass >= 6 && kind !== undefined && bytes.length >= byteSize(kind);
  return isNumber ? READERS[kind](data.data, 0, little) : undefined;
}

/** Text is stored as bytes, as UTF-8, or as UTF-16 in the file's byte order. */
function textOf(bytes: Buffer, type: number, little: boolean): string {
  if (type !== 4 && type !== 17) return bytes.toString(type === 16 ? 'utf8' : 'latin1');
  const ordered = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (little ? ordered : ordered.swap16()).toString('utf16le');
}

/** The elements within an array: flags, lengths, name, then its data. */
function elements(
  bytes: Uint8Array,
  little: boolean,
): readonly { readonly type: number; readonly data: DataView }[] {
  const view = viewOf(bytes);
  const found: { type: number; data: DataView }[] = [];
  for (let at = 0; at + 8 <= bytes.length && found.length < 4;) {
    const first = view.getUint32(at, little);
    const isSmall = first >>> 16 !== 0;
    const size = isSmall ? first >>> 16 : view.getUint32(at + 4, little);
    const start = at + (isSmall ? 4 : 8);
    if (start + size > bytes.length) break;
    found.push({ type: first & 0xffff, data: new DataView(view.buffer, view.byteOffset + start, size) });
    at = isSmall ? at + 8 : start + 8 * Math.ceil(size / 8);
  }
  return found;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
