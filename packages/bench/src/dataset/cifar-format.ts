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
  /** Number of coarse labels; 0 where the records have none. */
  readonly superclasses: number;
  /** Label bytes and pixels of one image. */
  readonly recordBytes: number;
  readonly namesFile: string;
  /** Matches the files of a split; several are read in order of their number. */
  readonly files: Readonly<Record<'train' | 'test', RegExp>>;
  /** The same, in messages. */
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

/** A sentence about training files that are missing below the highest number. */
export function gapNotes(
  kind: CifarKind,
  { folder, files }: { readonly folder: string; readonly files: readonly string[] },
): readonly string[] {
  const there = new Set(files.map((file) => Number(CIFAR_FORMATS[kind].files.train.exec(file)?.[1] ?? 0)));
  const missing = Array.from({ length: Math.max(0, ...there) }, (_, at) => at + 1).filter(
    (at) => !there.has(at),
  );
  if (missing.length === 0) return [];
  const numbers = missing.slice(0, 6).join(', ');
  return [
    `Training files are missing in ${folder} (${numbers}): only the images of ${files.join(', ')} are used.`,
  ];
}

/** The records of one file. */
export interface CifarRecords {
  readonly labels: Int32Array;
  /** All 0 for CIFAR-10. */
  readonly superclasses: Int32Array;
  /** NHWC. */
  readonly pixels: Uint8Array;
}

/** Classes that one label byte can tell apart. */
export const MOST_CLASSES = 256;

/**
 * Decodes the records of one file, and interleaves their colour planes.
 *
 * @param path for messages
 * @param classes number of classes. Default: the original's
 * @throws DistillError code `data`: no whole number of records, or a label out of range
 */
export function decodeCifar(
  bytes: Uint8Array,
  path: string,
  kind: CifarKind,
  classes = CIFAR_FORMATS[kind].classes,
): CifarRecords {
  const format = CIFAR_FORMATS[kind];
  const { recordBytes } = format;
  expectWholeRecords(bytes, path, kind);
  const records = bytes.length / recordBytes;
  const labelBytes = recordBytes - 3 * PLANE_BYTES;
  const pixels = new Uint8Array(records * 3 * PLANE_BYTES);
  for (let record = 0; record < records; record++) {
    interleave(bytes, record * recordBytes + labelBytes, pixels, record * 3 * PLANE_BYTES);
  }
  const column = (at: number): Int32Array =>
    Int32Array.from({ length: records }, (_, record) => bytes[record * recordBytes + at] ?? 0);
  const labels = column(labelBytes - 1);
  const superclasses = labelBytes === 2 ? column(0) : new Int32Array(records);
  const place = (at: number) => (record: number) => `${path}, byte ${record * recordBytes + at}`;
  if (labelBytes === 2) {
    // Custom classes may have custom superclasses.
    const groups = classes === format.classes ? format.superclasses : MOST_CLASSES;
    expectLabels(superclasses, groups, 'coarse label', place(0), format.namesFile);
  }
  expectLabels(
    labels,
    classes,
    labelBytes === 2 ? 'fine label' : 'label',
    place(labelBytes - 1),
    format.namesFile,
  );
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

function expectLabels(
  labels: Int32Array,
  below: number,
  what: string,
  place: (record: number) => string,
  namesFile: string,
): void {
  const record = labels.findIndex((label) => label >= below);
  if (record < 0) return;
  const fromOne = !labels.includes(0) && labels.every((label) => label <= below);
  throw new DistillError({
    code: 'data',
    where: place(record),
    expected: `a ${what} from 0 to ${below - 1}`,
    got: String(labels[record]),
    hint: fromOne
      ? `The file has labels up to ${below} and no 0: do they count from 1? They have to count from 0.`
      : `If these are classes of your own, list their names in ${namesFile}. Otherwise the file is damaged or has another format.`,
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
