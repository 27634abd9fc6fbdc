import { loadParts } from './array-file/array-parts.js';
import type { ArrayPart } from './array-file/array-parts.js';
import { matVariables } from './array-file/mat.js';
import type { MatVariable } from './array-file/mat.js';
import { interleaved } from './array-file/pixels.js';
import { dataError } from './bytes/byte-stream.js';
import { findFiles } from './bytes/find-files.js';
import { readNumbers } from './bytes/numbers.js';
import type { Numbers } from './bytes/numbers.js';
import type { DatasetFormat, LoadedSplits, Split } from './format.js';

/** Street View House Numbers, format 2 (cropped digits). */
export interface SvhnSource {
  readonly name: 'svhn';
  /** The folder of train_32x32.mat and test_32x32.mat, or one that holds it. */
  readonly dir: string;
  /** Train on `extra_32x32.mat` instead: 531,131 easier images. Default: false. */
  readonly extra?: boolean | undefined;
  /** Only the first so many images. Default: all. */
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export const svhnFormat: DatasetFormat<SvhnSource> = {
  summary: 'SVHN, cropped digits (train_32x32.mat, test_32x32.mat) in dataset.dir or --data-dir',
  load: loadSvhn,
};

/**
 * Reads SVHN's MAT-files: `X`, height×width×3×N bytes, and `y`, N labels from 1 to 10, where 10 is the digit 0.
 *
 * Source of the data and its format: Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning",
 * 2011.
 *
 * @throws DistillError code `data`: files that are missing, of another level, truncated, damaged, or that do not fit together
 */
export async function loadSvhn(
  source: Omit<SvhnSource, 'name'>,
  wanted: readonly Split[] = ['train', 'test'],
): Promise<LoadedSplits> {
  const train = await partOf(source.dir, source.extra === true ? 'extra' : 'train');
  const test = wanted.includes('test') ? await partOf(source.dir, 'test') : undefined;
  return await loadParts('svhn', { train, test }, wanted, { ...source, classNames: DIGITS });
}

async function partOf(dir: string, part: 'train' | 'extra' | 'test'): Promise<ArrayPart> {
  const name = `${part}_32x32.mat`;
  const [path = dir] = findFiles(
    dir,
    (file) => file.toLowerCase() === name,
    `${name} of SVHN, format 2 (cropped digits)`,
  );
  const variables = await matVariables(path);
  const images = variableOf(variables, 'X', path);
  const labels = variableOf(variables, 'y', path);
  const [height = 0, width = 0, channels = 0, size = 1] = images.shape;
  if (images.shape.length < 3 || images.shape.length > 4 || channels !== 3 || images.kind !== 'u1')
    throw dataError(
      `${path}, X`,
      'height×width×3×N bytes',
      `${images.shape.join('×')} of ${images.kind === undefined ? images.className : kindWords(images.kind)}`,
      'Take the file as it is published.',
    );
  const pixels = height * width * channels;
  return {
    images: {
      where: `${path}, X`,
      axes: { size, height, width, channels },
      isFloat: false,
      valueBytes: 1,
      read: async (count) => {
        const numbers = await numbersOf(images, count * pixels, count === size);
        const strides = { image: pixels, row: 1, column: height, channel: height * width };
        const axes = { size: count, height, width, channels };
        return { ...numbers, values: interleaved(numbers.values, axes, strides) };
      },
    },
    labels: {
      where: `${path}, y`,
      read: async () => {
        const count = labels.shape.reduce((product, axis) => product * axis, 1);
        const { values, least, most } = await numbersOf(labels, count, true);
        // Some copies already store the digit 0 as 0.
        return { values: values.map((label) => (label === 10 ? 0 : label)), least, most };
      },
    },
  };
}

function variableOf(variables: readonly MatVariable[], name: string, path: string): MatVariable {
  const found = variables.find((variable) => variable.name === name);
  if (found?.kind !== undefined) return found;
  const expected = `an array '${name}' of numbers`;
  const there = variables.map((variable) => variable.name).join(', ');
  const got =
    found === undefined ? `the variables ${there === '' ? '(none)' : there}` : `a ${found.className}`;
  const hint =
    'Use format 2 of SVHN, cropped digits (train_32x32.mat), not the full numbers (digitStruct.mat).';
  throw dataError(path, expected, got, hint);
}

async function numbersOf(variable: MatVariable, count: number, isAll: boolean): Promise<Numbers> {
  const stream = await variable.open();
  try {
    const what = `the numbers of '${variable.name}'`;
    const numbers = await readNumbers(stream, count, variable.kind ?? 'u1', variable.littleEndian, what);
    // Reaching the end checks compressed data against its checksum; padding may come first.
    for (let padding = 0; isAll && padding < 8 && !(await stream.atEnd()); padding++)
      await stream.skip(1, 'padding');
    return numbers;
  } finally {
    await stream.close();
  }
}

const kindWords = (kind: string): string =>
  `${kind.startsWith('f') ? 'floats' : 'integers'} of ${Number(kind.slice(1)) * 8} bits`;
