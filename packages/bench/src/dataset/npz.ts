import { createRandom } from '@distilljs/core';
import { loadParts } from './array-file/array-parts.js';
import type { ArrayPart, ArraySource } from './array-file/array-parts.js';
import { assigned, namedArrays } from './array-file/named-arrays.js';
import type { ArrayNames, NamedArray, SplitArrays } from './array-file/named-arrays.js';
import { numpyImages, numpyLabels } from './array-file/numpy-images.js';
import type { ImageLayout } from './array-file/numpy-images.js';
import { dataError } from './bytes/byte-stream.js';
import type { Numbers } from './bytes/numbers.js';
import type { DatasetFormat, LoadedSplits, Split } from './format.js';
import { firstImages, splitOff } from './subset.js';

/** Images and labels in numpy files. */
export interface NpzSource extends ArraySource, ImageLayout {
  readonly name: 'npz';
  /** An `.npz` file, or a folder of `.npz` or `.npy` files. */
  readonly dir: string;
  /** Names of the arrays. Default: the usual names, see {@link loadNpz}. */
  readonly arrays?: ArrayNames | undefined;
  /** Share of the images held out for testing, where the files have neither test nor validation images. Default: 0.2. */
  readonly testFraction?: number | undefined;
  /** Seed that decides which images. Default: 0. */
  readonly splitSeed?: number | undefined;
}

export const npzFormat: DatasetFormat<NpzSource> = {
  summary:
    'numpy arrays (an .npz with x_train, y_train, x_test, y_test, or the like; .npy) in dataset.dir or --data-dir',
  load: loadNpz,
};

/**
 * Reads images and labels from `.npz` (stored or deflated) or `.npy` files. Arrays are recognized by their names (`x_train`,
 * `train_images`, `X_test`, `val_labels`, …) or by their files' names (`train.npz` with `images` and `labels`). Several files of
 * one split are its batches. Images are N×height×width, N×height×width×channels, or N×channels×height×width, of any number type,
 * row- or column-major; labels are N, N×1, or one-hot.
 *
 * Pickles are refused: they can run any program.
 *
 * @throws DistillError code `data`: files that are missing, damaged, of other formats, or that do not fit together
 */
export async function loadNpz(
  source: Omit<NpzSource, 'name'>,
  wanted: readonly Split[] = ['train', 'test'],
): Promise<LoadedSplits> {
  const found = assigned(await namedArrays(source.dir), source.arrays ?? {}, source.dir);
  const partOf = async (arrays: SplitArrays | undefined): Promise<ArrayPart | undefined> =>
    arrays &&
    joined(
      await Promise.all(arrays.images.map((images, batch) => single(images, arrays.labels[batch], source))),
    );
  const train = (await partOf(found.train ?? found.all)) as ArrayPart;
  if (found.test === undefined && found.validation === undefined) return await split(train, source);
  const validation = await partOf(found.validation);
  // Competitions do not publish their test labels.
  if (found.test === undefined) {
    const { splits } = await loadParts('npz', { train, test: validation }, wanted, source);
    return { splits, notes: ['There are no test images: the validation images are used for the test.'] };
  }
  return await loadParts('npz', { train, validation, test: await partOf(found.test) }, wanted, source);
}

async function split(train: ArrayPart, source: Omit<NpzSource, 'name'>): Promise<LoadedSplits> {
  const { testFraction = 0.2, splitSeed = 0, trainSize, testSize } = source;
  const { splits } = await loadParts('npz', { train }, ['train'], { ...source, trainSize: undefined });
  if (splits.train === undefined) return { splits };
  const stream = createRandom(splitSeed).fork('test');
  const names = { where: 'dataset.testFraction', part: 'the test' };
  const parts = splitOff(splits.train, testFraction, stream, names);
  return {
    splits: { train: firstImages(parts.train, trainSize), test: firstImages(parts.validation, testSize) },
  };
}

async function single(
  images: NamedArray,
  labels: NamedArray | undefined,
  source: Omit<NpzSource, 'name'>,
): Promise<ArrayPart> {
  return {
    images: await numpyImages(images, source),
    labels: { where: (labels as NamedArray).where, read: () => numpyLabels(labels as NamedArray) },
  };
}

/** Concatenates several files of one split. */
function joined(batches: readonly ArrayPart[]): ArrayPart {
  const [first] = batches as readonly [ArrayPart];
  if (batches.length === 1) return first;
  const { axes, where } = first.images;
  const shape = ({ images }: ArrayPart): string =>
    `${images.axes.height}×${images.axes.width}×${images.axes.channels}, ${images.isFloat ? 'floats' : 'integers'}`;
  const other = batches.find((batch) => shape(batch) !== shape(first));
  if (other !== undefined)
    throw dataError(other.images.where, `images like those of ${where}: ${shape(first)}`, shape(other));
  const size = batches.reduce((sum, batch) => sum + batch.images.axes.size, 0);
  return {
    images: {
      ...first.images,
      axes: { ...axes, size },
      read: async (count) => {
        const parts: Numbers[] = [];
        let left = count;
        for (const { images } of batches) {
          if (left === 0) break;
          parts.push(await images.read(Math.min(left, images.axes.size)));
          left -= Math.min(left, images.axes.size);
        }
        return concatenated(parts);
      },
    },
    labels: {
      where: first.labels.where,
      read: async () => concatenated(await Promise.all(batches.map(({ labels }) => labels.read()))),
    },
  };
}

function concatenated(parts: readonly Numbers[]): Numbers {
  const length = parts.reduce((sum, { values }) => sum + values.length, 0);
  const isBytes = parts.every(({ values }) => values instanceof Uint8Array);
  const values = isBytes ? new Uint8Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return {
    values,
    least: Math.min(...parts.map(({ least }) => least)),
    most: Math.max(...parts.map(({ most }) => most)),
  };
}
