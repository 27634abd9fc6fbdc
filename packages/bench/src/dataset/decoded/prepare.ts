import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { isDistillError, pixelSums } from '@distilljs/core';
import type { PixelSums } from '@distilljs/core';
import { decodeImage, fitImage } from '../../image/index.js';
import type { DecoderName, Fit } from '../../image/index.js';

/** How images become pixels of the training size. */
export interface PrepareSettings extends Fit {
  readonly decoder: DecoderName;
}

/** One image to prepare: a file, or bytes with a name for messages. */
export interface PrepareJob {
  readonly path: string;
  readonly bytes?: Uint8Array | undefined;
}

/** Pixels with their digests and sums. */
export interface PreparedImage {
  readonly pixels: Uint8Array;
  /** SHA-256 of the pixels, its first 32 hexadecimal digits. */
  readonly digest: string;
  readonly crc: number;
  readonly sums: PixelSums;
}

/** An image, or why there is none. */
export type Prepared = PreparedImage | { readonly reason: string };

/** Reads, decodes and scales one image. Faults of the file are returned as a reason; faults of the settings are thrown. */
export async function prepare({ path, bytes }: PrepareJob, settings: PrepareSettings): Promise<Prepared> {
  try {
    const packed = bytes ?? (await readFile(path));
    const { raster, orientation } = await decodeImage(packed, path, settings.decoder);
    const { data: pixels } = fitImage(raster, settings, orientation);
    const digest = createHash('sha256').update(pixels).digest('hex').slice(0, 32);
    return { pixels, digest, crc: crc32(pixels), sums: pixelSums(pixels, settings.channels) };
  } catch (error) {
    if (isDistillError(error)) {
      if (error.code !== 'data') throw error;
      return { reason: error.got };
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { reason: code === 'ENOENT' ? 'no such file' : `a file that cannot be read (${code})` };
  }
}
