import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDistillError } from '@distilljs/core';
import { PNG } from 'pngjs';

/** A PNG of one colour, written by pngjs (the decoders under test are others). */
export function png(width: number, height: number, colour: readonly [number, number, number]): Buffer {
  const image = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel++) image.data.set([...colour, 255], pixel * 4);
  return PNG.sync.write(image);
}

/** A folder with these files, and one for the cache beside it. Removed by `remove`. */
export function imageTree(files: Readonly<Record<string, Buffer | string>>): {
  readonly dir: string;
  readonly cacheDir: string;
  write(name: string, content: Buffer | string): void;
  remove(): void;
} {
  const root = mkdtempSync(join(tmpdir(), 'distill-images-'));
  const dir = join(root, 'photos');
  const write = (name: string, content: Buffer | string): void => {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  };
  mkdirSync(dir);
  for (const [name, content] of Object.entries(files)) write(name, content);
  return {
    dir,
    cacheDir: join(root, 'cache'),
    write,
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Message of the branded error that a promise rejects with. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isDistillError(error)) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}
