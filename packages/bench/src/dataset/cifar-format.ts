import { DistillError } from '@distilljs/core';

export type CifarKind = 'cifar10' | 'cifar100';

/** Edge of a CIFAR image. */
export const EDGE = 32;
/** Bytes of one colour plane. */
export const PLANE_BYTES = EDGE * EDGE;

interface CifarFormat {
  readonly title: string;
  /** Name of the folder in the original archive. */
  readonly folder: string;
  readonly classes: number;
  /** Coarse labels; 0 where the records have none. */
  readonly superclasses: number;
  /** Label bytes and pixels of one image. */
  readonly recordBytes: number;
  readonly namesFile: string;
  /** Matches the files of a split; several are read in order of their number. */
  readonly files: Readonly<Record<'train' | 'test', RegExp>>;
  /** The same for people. */
  readonly fileNames: Readonly<Record<'train' | 'test', string>>;
}

/**
 * The two original layouts. A record is the label (CIFAR-100: coarse label, then fine label), one byte each, then the
 * red, green and blue planes of 1024 bytes, row by row.
 */
export const CIFAR_FORMATS: Readonly<Record<CifarKind, CifarFormat>> = {
  cifar10: {
    title: 'CIFAR-10',
    folder: 'cifar-10-batches-bin',
    classes: 10,
    superclasses: 0,
    recordBytes: 1 + 3 * PLANE_BYTES,
    namesFile: 'batches.meta.txt',
    files: { train: /^data_batch_(\d+)\.bin$/, test: /^test_batch\.bin$/ },
    fileNames: { train: 'data_batch_1.bin, data_batch_2.bin, …', test: 'test_batch.bin' },
  },
  cifar100: {
    title: 'CIFAR-100',
    folder: 'cifar-100-binary',
    classes: 100,
    superclasses: 20,
    recordBytes: 2 + 3 * PLANE_BYTES,
    namesFile: 'fine_label_names.txt',
    files: { train: /^train\.bin$/, test: /^test\.bin$/ },
    fileNames: { train: 'train.bin', test: 'test.bin' },
  },
};

/** The records of one file. */
export interface CifarRecords {
  readonly labels: Int32Array;
  /** All 0 for CIFAR-10. */
  readonly superclasses: Int32Array;
  /** NHWC. */
  readonly pixels: Uint8Array;
}

/**
 * Takes the records of one file apart and turns its colour planes into interleaved pixels.
 *
 * @param path for messages
 * @throws DistillError code `data`: no whole number of records, or a label byte that cannot be
 */
export function decodeCifar(bytes: Uint8Array, path: string, kind: CifarKind): CifarRecords {
  const { recordBytes, superclasses: coarseLabels, classes } = CIFAR_FORMATS[kind];
  expectWholeRecords(bytes, path, kind);
  const records = bytes.length / recordBytes;
  const labelBytes = recordBytes - 3 * PLANE_BYTES;
  const labels = new Int32Array(records);
  const superclasses = new Int32Array(records);
  const pixels = new Uint8Array(records * 3 * PLANE_BYTES);
  for (let record = 0; record < records; record++) {
    const start = record * recordBytes;
    const label = start + labelBytes - 1;
    if (labelBytes === 2) superclasses[record] = labelAt(bytes, start, path, 'coarse label', coarseLabels);
    labels[record] = labelAt(bytes, label, path, labelBytes === 2 ? 'fine label' : 'label', classes);
    interleave(bytes, label + 1, pixels, record * 3 * PLANE_BYTES);
  }
  return { labels, superclasses, pixels };
}

function expectWholeRecords(bytes: Uint8Array, path: string, kind: CifarKind): void {
  const { recordBytes, title } = CIFAR_FORMATS[kind];
  const rest = bytes.length % recordBytes;
  if (rest === 0 && bytes.length > 0) return;
  const other = Object.values(CIFAR_FORMATS).find((format) => format.title !== title);
  const foreign = bytes.length > 0 && other !== undefined && bytes.length % other.recordBytes === 0;
  throw new DistillError({
    code: 'data',
    where: `${path}, byte ${bytes.length - rest}`,
    expected: `a whole number of ${title} records of ${recordBytes} bytes`,
    got: `${bytes.length} bytes: ${Math.floor(bytes.length / recordBytes)} records and ${rest} bytes`,
    hint: foreign
      ? `The size fits ${other.title}: check the dataset's name.`
      : 'The file is cut off or not of this format: copy it again from the original binary archive.',
  });
}

function labelAt(bytes: Uint8Array, offset: number, path: string, what: string, below: number): number {
  const label = bytes[offset] ?? 0;
  if (label < below) return label;
  throw new DistillError({
    code: 'data',
    where: `${path}, byte ${offset}`,
    expected: `a ${what} from 0 to ${below - 1}`,
    got: String(label),
    hint: 'The file is damaged or not of this format: copy it again from the original binary archive.',
  });
}

/** Three planes (NCHW) into pixels (NHWC). */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const plane = from + channel * PLANE_BYTES;
    for (let pixel = 0; pixel < PLANE_BYTES; pixel++) {
      pixels[to + pixel * 3 + channel] = planes[plane + pixel] ?? 0;
    }
  }
}
