import { createHash } from 'node:crypto';
import type { Dataset } from '@distilljs/core';
import { DistillError } from '@distilljs/core';

/** What {@link inMemory} makes a dataset of. */
export interface InMemoryImages {
  readonly name: string;
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** All images one after the other, NHWC, 0…255. */
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
  readonly superclasses?: Int32Array | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** A dataset whose pixels are all in memory; its fingerprint is the SHA-256 of shape, labels and pixels. */
export function inMemory(images: InMemoryImages): Dataset {
  const { pixels, ...described } = images;
  const size = images.labels.length;
  const imageBytes = images.imageShape.reduce((product, edge) => product * edge, 1);
  return {
    ...described,
    size,
    image(index) {
      expectIndex(images.name, index, size);
      return pixels.subarray(index * imageBytes, (index + 1) * imageBytes);
    },
    fingerprint: digest(
      JSON.stringify([images.imageShape, images.classes]),
      images.labels,
      images.superclasses ?? '',
      pixels,
    ),
  };
}

/**
 * Throws unless `index` is one of the dataset's images.
 *
 * @throws DistillError code `data`
 */
export function expectIndex(name: string, index: number, size: number): void {
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new DistillError({
    code: 'data',
    where: `${name}: image(index)`,
    expected: `a whole number from 0 to ${size - 1}`,
    got: String(index),
  });
}

/** SHA-256 of these parts, as 64 hexadecimal digits. */
export function digest(...parts: (string | Uint8Array | Int32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : bytesOf(part);
    // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest('hex');
}

function bytesOf(array: Uint8Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
