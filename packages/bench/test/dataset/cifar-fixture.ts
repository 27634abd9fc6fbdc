import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDistillError } from '@distilljs/core';

/** The value that the fixtures give a pixel: different for neighbours in every direction. */
export function pixelValue(record: number, row: number, column: number, channel: number): number {
  return (17 * record + 7 * row + 3 * column + 85 * channel) % 256;
}

/** Records in the original layout: label bytes, then a red, a green and a blue plane. */
export function cifarRecords(labels: readonly (readonly number[])[], firstRecord = 0): Buffer {
  return Buffer.concat(
    labels.map((labelBytes, place) => {
      const pixels: number[] = [];
      for (let channel = 0; channel < 3; channel++) {
        for (let row = 0; row < 32; row++) {
          for (let column = 0; column < 32; column++) {
            pixels.push(pixelValue(firstRecord + place, row, column, channel));
          }
        }
      }
      return Buffer.from([...labelBytes, ...pixels]);
    }),
  );
}

/** Calls `use` with a folder that holds these files (a name may have a folder in front), then, or once its promise is settled, removes it. */
export function withFolder<T>(files: Readonly<Record<string, Buffer | string>>, use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'distill-bench-'));
  const remove = (): void => {
    rmSync(dir, { recursive: true });
  };
  let result: T | undefined;
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(dir, name, '..'), { recursive: true });
      writeFileSync(join(dir, name), content);
    }
    result = use(dir);
    return result instanceof Promise ? (result.finally(remove) as T) : result;
  } finally {
    if (!(result instanceof Promise)) remove();
  }
}

/** `code: message` of the branded error that `run` throws. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isDistillError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}
