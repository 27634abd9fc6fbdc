import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError } from '../error/index.js';
import type { Dataset } from './dataset.js';

export interface ArrayDatasetOptions {
  /** `size · height · width · channels` values, NHWC, 0…255. */
  readonly images: Uint8Array | Float32Array;
  /** Class index per image. */
  readonly labels: ArrayLike<number>;
  /** `[height, width, channels]`. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  readonly superclasses?: ArrayLike<number> | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** Default `array`. */
  readonly name?: string | undefined;
}

/**
 * A dataset over arrays in memory; nothing is copied but the labels.
 *
 * @throws DistillError code `data` when sizes do not fit or a label is out of range
 */
export function arrayDataset(options: ArrayDatasetOptions): Dataset {
  const { images, imageShape, classes, name = 'array' } = options;
  const labels = Int32Array.from(options.labels);
  const superclasses = options.superclasses === undefined ? undefined : Int32Array.from(options.superclasses);
  const pixels = imageShape.reduce((product, axis) => product * axis, 1);
  const refuse = (what: string, expected: string, got: string): never => {
    throw new DistillError({ code: 'data', where: `arrayDataset '${name}', ${what}`, expected, got });
  };
  if (images.length !== labels.length * pixels) {
    refuse(
      'images',
      `${labels.length} images of ${pixels} values = ${labels.length * pixels}`,
      `${images.length} values`,
    );
  }
  if (superclasses !== undefined && superclasses.length !== labels.length) {
    refuse('superclasses', `one per image (${labels.length})`, String(superclasses.length));
  }
  // The given values, not their copies: an Int32Array makes a whole number of everything.
  const wrong = firstWrong(options.labels, classes);
  if (wrong !== undefined)
    refuse(`label of image ${wrong.at}`, `a whole number from 0 to ${classes - 1}`, wrong.value);
  const coarse = firstWrong(options.superclasses ?? [], Infinity);
  if (coarse !== undefined)
    refuse(`superclass of image ${coarse.at}`, 'a whole number of at least 0', coarse.value);

  let fingerprint: string | undefined;
  return {
    name,
    size: labels.length,
    imageShape,
    classes,
    labels,
    superclasses,
    classNames: options.classNames,
    image: (index) => images.subarray(index * pixels, (index + 1) * pixels),
    get fingerprint() {
      fingerprint ??= bytesToHex(
        sha256
          .create()
          .update(new Uint8Array(images.buffer, images.byteOffset, images.byteLength))
          .update(new Uint8Array(labels.buffer))
          .update(new Uint8Array(superclasses?.buffer ?? new ArrayBuffer(0)))
          .update(utf8ToBytes(JSON.stringify(imageShape)))
          .digest(),
      );
      return fingerprint;
    },
  };
}

function firstWrong(labels: ArrayLike<number>, below: number): { at: number; value: string } | undefined {
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] ?? NaN;
    if (!Number.isInteger(label) || label < 0 || label >= below) return { at, value: String(label) };
  }
  return undefined;
}
