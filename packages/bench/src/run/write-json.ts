import { mkdir, open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DistillError, isDistillError } from '@distilljs/core';
import { expectRegularFile } from '../file/index.js';

/** Results of thousands of epochs take a few megabytes. */
const LARGEST_JSON = 256 * 2 ** 20;

/** Ending of files that a crash left half written. */
export const UNFINISHED = '.unfinished';

let writes = 0;

/**
 * Writes text all or nothing: a crash leaves the old file, never half of the new one. What was written is on the disk when
 * this resolves, so that a result which says that a training is done outlives a power cut as the model before it does.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}-${++writes}${UNFINISHED}`;
  try {
    await writeFile(unfinished, text, { flush: true });
  } catch (error) {
    // A full disk is found in the middle of a write, whose error does not know the file.
    await unlink(unfinished).catch(() => undefined);
    throw error instanceof Error ? Object.assign(error, { path: unfinished }) : error;
  }
  await rename(unfinished, file);
  // Some systems and file systems cannot sync a folder.
  const folder = await open(dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Writes a value as indented JSON, all or nothing. */
export function writeJson(file: string, value: unknown): Promise<void> {
  return writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON file.
 *
 * @param hint what to do about a damaged one
 * @returns undefined when there is none
 * @throws DistillError code `data` when it is no JSON
 */
export async function readJson(
  file: string,
  hint = 'Remove the file; --resume makes it again.',
): Promise<unknown> {
  const text = await readText(file, hint);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: file,
      expected: 'JSON',
      got: cause instanceof Error ? cause.message : String(cause),
      hint,
      cause,
    });
  }
}

/**
 * Reads a text file.
 *
 * @param hint what to do about one that cannot be read
 * @returns undefined when there is none
 * @throws DistillError code `data` for a folder or a device in its place, or whatever else cannot be read
 */
export async function readText(file: string, hint: string): Promise<string | undefined> {
  try {
    // A pipe would be waited for, a device has no end.
    if (!(await stat(file)).isDirectory()) expectRegularFile(file, 'a text file', 'data', LARGEST_JSON);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const got = code === 'EISDIR' ? 'a folder' : message;
    throw new DistillError({ code: 'data', where: file, expected: 'a file to read', got, hint, cause });
  }
}
