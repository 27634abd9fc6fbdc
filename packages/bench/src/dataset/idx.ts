import { basename } from 'node:path';
import { loadParts } from './array-file/array-parts.js';
import type { ArrayPart, ArraySource } from './array-file/array-parts.js';
import { readIdxHeader } from './array-file/idx.js';
import type { IdxHeader } from './array-file/idx.js';
import { interleaved } from './array-file/pixels.js';
import { dataError, isGzip, streamFile } from './bytes/byte-stream.js';
import type { ByteStream } from './bytes/byte-stream.js';
import { findFiles } from './bytes/find-files.js';
import { readNumbers } from './bytes/numbers.js';
import type { DatasetFormat, LoadedSplits, Split } from './format.js';

/** Images and labels in MNIST's format: four files, gzipped or not. */
export interface IdxSource extends ArraySource {
  readonly name: 'idx';
  /** The folder of the files, or one that holds it. */
  readonly dir: string;
  /** Prefix of the file names, where a folder holds several sets, e.g. `emnist-letters`. */
  readonly prefix?: string | undefined;
  /** Images are stored column by column, as EMNIST's are. Default: by the name. */
  readonly transposed?: boolean | undefined;
}

const SPLITS = {
  train: { pattern: /train/i, names: 'train-images-idx3-ubyte and train-labels-idx1-ubyte' },
  test: { pattern: /t10k|test/i, names: 't10k-images-idx3-ubyte and t10k-labels-idx1-ubyte' },
} as const;

/** MNIST, Fashion-MNIST, KMNIST, EMNIST and others with their layout. */
export const idxFormat: DatasetFormat<IdxSource> = {
  summary: 'MNIST-style IDX files (train-images-idx3-ubyte, …; .gz or unpacked) in dataset.dir or --data-dir',
  load: loadIdx,
};

/**
 * Reads a set of IDX files: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same of `t10k` or `test`, with or
 * without `.gz`. Images are N×height×width (one channel) or N×height×width×channels.
 *
 * @throws DistillError code `data`: files that are missing, truncated, damaged, or that do not fit together
 */
export async function loadIdx(
  source: Omit<IdxSource, 'name'>,
  wanted: readonly Split[] = ['train', 'test'],
): Promise<LoadedSplits> {
  const train = await partOf(source, 'train');
  const test = wanted.includes('test') ? await partOf(source, 'test') : undefined;
  return await loadParts('idx', { train, test }, wanted, source);
}

async function partOf(source: Omit<IdxSource, 'name'>, split: 'train' | 'test'): Promise<ArrayPart> {
  const images = fileOf(source, split, 'images');
  const labels = fileOf(source, split, 'labels');
  const header = await withFile(images, readIdxHeader);
  const axes = imageAxes(header, images);
  const transposed = source.transposed ?? /^emnist/i.test(basename(images));
  const { height, width, channels } = axes;
  const pixels = height * width * channels;
  return {
    images: {
      where: images,
      axes,
      isFloat: header.kind.startsWith('f'),
      valueBytes: header.kind === 'u1' ? 1 : 4,
      read: async (count) => {
        const numbers = await readAfterHeader(images, count * pixels, count < axes.size, 'the images');
        const [row, column] = transposed ? [channels, height * channels] : [width * channels, channels];
        const strides = { image: pixels, row, column, channel: 1 };
        return { ...numbers, values: interleaved(numbers.values, { ...axes, size: count }, strides) };
      },
    },
    labels: {
      where: labels,
      read: async () => {
        const { shape } = await withFile(labels, readIdxHeader);
        if (shape.length !== 1) {
          const got = `${shape.length} axes (${shape.join('×')})`;
          throw dataError(labels, 'one label per image: an IDX file of one axis', got);
        }
        return await readAfterHeader(labels, shape[0] ?? 0, false, 'the labels');
      },
    },
  };
}

function imageAxes({ shape }: IdxHeader, where: string): ArrayPart['images']['axes'] {
  const [size = 0, height = 0, width = 0, channels = 1] = shape;
  if ((shape.length === 3 || shape.length === 4) && [1, 3, 4].includes(channels) && Math.min(...shape) > 0)
    return { size, height, width, channels };
  const expected = 'images: an IDX file of three axes, or of four with 1, 3 or 4 channels';
  throw dataError(
    where,
    expected,
    `${shape.length} axes (${shape.join('×')})`,
    'Is this the file of the images?',
  );
}

function fileOf(
  { dir, prefix = '' }: Omit<IdxSource, 'name'>,
  split: 'train' | 'test',
  kind: 'images' | 'labels',
): string {
  const { pattern, names } = SPLITS[split];
  const fits = (name: string): boolean =>
    name.toLowerCase().startsWith(prefix.toLowerCase()) &&
    pattern.test(name.slice(prefix.length)) &&
    new RegExp(kind, 'i').test(name) &&
    /idx\d|ubyte/i.test(name) &&
    !/\.(?:zip|tar|txt|md5)$/i.test(name);
  const found = findFiles(dir, fits, `${prefix}${names}, gzipped or not`);
  // A `.gz` file and its unpacked copy count as one.
  const sets = new Map(found.map((path) => [path.replace(/\.gz$/i, ''), path]));
  for (const path of found) if (!/\.gz$/i.test(path)) sets.set(path, path);
  const [first, second] = [...sets.values()];
  if (first !== undefined && second === undefined) return first;
  const hint = 'Say how the names of the set begin with dataset.prefix.';
  throw dataError(
    dir,
    `one file of ${split} ${kind}`,
    [...sets.keys()].map((path) => basename(path)).join(', '),
    hint,
  );
}

const open = (path: string): ByteStream => streamFile(path, { packing: isGzip(path) ? 'gzip' : 'none' });

async function withFile<T>(path: string, use: (stream: ByteStream) => Promise<T>): Promise<T> {
  const stream = open(path);
  try {
    return await use(stream);
  } finally {
    await stream.close();
  }
}

/** @param isPart whether more numbers follow those read */
function readAfterHeader(
  path: string,
  count: number,
  isPart: boolean,
  what: string,
): ReturnType<typeof readNumbers> {
  return withFile(path, async (stream) => {
    const { kind } = await readIdxHeader(stream);
    const numbers = await readNumbers(stream, count, kind, false, what);
    if (!isPart && !(await stream.atEnd()))
      throw dataError(
        path,
        `nothing after ${what}`,
        'more bytes',
        'The file is damaged: copy or download it again.',
      );
    return numbers;
  });
}
