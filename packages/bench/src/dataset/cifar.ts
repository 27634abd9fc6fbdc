import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '@distilljs/core';
import { DistillError, arrayDataset } from '@distilljs/core';
import { findCifarFiles } from './cifar-files.js';
import type { CifarKind } from './cifar-format.js';
import { CIFAR_FORMATS, EDGE, PLANE_BYTES, decodeCifar } from './cifar-format.js';

export interface CifarOptions {
  readonly kind: CifarKind;
  /** The folder with the original binary files, or the one that holds it under its original name. */
  readonly dir: string;
  readonly split: 'train' | 'test';
}

/**
 * CIFAR-10 or CIFAR-100 from the original binary files (`data_batch_*.bin` and `test_batch.bin`, or `train.bin` and
 * `test.bin`), 32×32×3. Files may hold any whole number of records. CIFAR-100's coarse labels become superclasses;
 * class names come from `batches.meta.txt` or `fine_label_names.txt` where the folder has it.
 *
 * Source of the data and its format: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 *
 * @throws DistillError code `data`: a folder or file that is not there, truncated, or of another kind, with file and
 * byte offset
 */
export function loadCifar(options: CifarOptions): Dataset {
  const format = CIFAR_FORMATS[options.kind];
  const { folder, files } = findCifarFiles(options.kind, options.dir, options.split);
  const batches = files.map((file) => {
    const path = join(folder, file);
    return decodeCifar(readBytes(path), path, options.kind);
  });
  const size = batches.reduce((sum, batch) => sum + batch.labels.length, 0);
  const labels = new Int32Array(size);
  const superclasses = new Int32Array(size);
  const pixels = new Uint8Array(size * 3 * PLANE_BYTES);
  let first = 0;
  for (const batch of batches) {
    labels.set(batch.labels, first);
    superclasses.set(batch.superclasses, first);
    pixels.set(batch.pixels, first * 3 * PLANE_BYTES);
    first += batch.labels.length;
  }
  return arrayDataset({
    name: options.kind,
    imageShape: [EDGE, EDGE, 3],
    classes: format.classes,
    images: pixels,
    labels,
    superclasses: format.superclasses === 0 ? undefined : superclasses,
    classNames: readClassNames(join(folder, format.namesFile), format.classes),
  });
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: path,
      expected: 'a readable file',
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Check the permissions of the file.',
      cause,
    });
  }
}

/** Names by class, or undefined where the folder has no file of names: the images are complete without it. */
function readClassNames(path: string, classes: number): readonly string[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length === classes) return names;
  throw new DistillError({
    code: 'data',
    where: path,
    expected: `${classes} class names, one per line`,
    got: `${names.length} lines`,
    hint: 'Restore the file from the original archive, or remove it: names are optional.',
  });
}
