import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDistillError } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';

/** A fixture's bytes. */
export const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

/** The formula of the fixtures' pixels (make-arrays.py), NHWC, 5×4. */
export function fixturePixels(image: number, channels = 3): number[] {
  const pixels: number[] = [];
  for (let row = 0; row < 5; row++)
    for (let column = 0; column < 4; column++)
      for (let channel = 0; channel < channels; channel++)
        pixels.push((17 * image + 7 * row + 3 * column + 85 * channel) % 256);
  return pixels;
}

export const FIXTURE_LABELS = [1, 0, 2, 1, 0, 2];

export const pixelsOf = (dataset: Dataset | undefined, index: number): number[] => [
  ...((dataset as Dataset).image(index) as Uint8Array),
];

/** Calls `use` with a folder that holds these files, then removes it. */
export async function inFolder<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'distill-bench-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), content);
    }
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The message of the branded error with code `data` that reading these files ends in, without the folder's name. */
export async function refusalOf(
  files: Readonly<Record<string, Uint8Array | string>>,
  read: (dir: string) => Promise<unknown>,
): Promise<string> {
  return await inFolder(files, async (dir) => {
    try {
      await read(dir);
    } catch (error) {
      if (isDistillError(error) && error.code === 'data') return error.message.replaceAll(dir, 'DIR');
      throw error;
    }
    throw new Error('nothing was thrown');
  });
}
