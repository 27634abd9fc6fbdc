import { readFile, stat } from 'node:fs/promises';
import { DistillError, isDistillError, writeWhole } from '@distilljs/core';
import type { z } from 'zod';
import { expectRegularFile } from '../file/index.js';

/** Results of thousands of epochs take a few megabytes. */
const LARGEST_JSON = 256 * 2 ** 20;

/** Writes a value as indented JSON, atomically. */
export function writeJson(file: string, value: unknown): Promise<void> {
  return writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON file.
 *
 * @param hint what to do about a damaged file
 * @returns undefined when there is no file
 * @throws DistillError code `data` when the file is not JSON
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
 * Checks that a file's content has the form in which it was written.
 *
 * @param hint what to do about another form
 * @throws DistillError code `data` that names the first wrong field
 */
export function inForm<Form>(where: string, schema: z.ZodType<Form>, value: unknown, hint: string): Form {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const expected = 'the file as it was written';
  throw new DistillError({ code: 'data', where, expected, got: firstIssue(error), hint });
}

/** The first issue, with its path. */
export function firstIssue({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? 'content' : path}: ${issue?.message ?? 'another form'}`;
}

/**
 * Reads a text file.
 *
 * @param hint what to do about an unreadable file
 * @returns undefined when there is no file
 * @throws DistillError code `data` for a folder, a device, or anything else that cannot be read
 */
export async function readText(file: string, hint: string): Promise<string | undefined> {
  try {
    // Reading a pipe would block, and a device has no end.
    if (!(await stat(file)).isDirectory()) expectRegularFile(file, 'a text file', 'data', LARGEST_JSON);
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    // A file in place of the folder holds no such file.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const got = code === 'EISDIR' ? 'a folder' : message;
    throw new DistillError({ code: 'data', where: file, expected: 'a readable file', got, hint, cause });
  }
}
