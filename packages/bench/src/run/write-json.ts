import { readFile, stat } from 'node:fs/promises';
import { DistillError, isDistillError, writeWhole } from '@distilljs/core';
import type { z } from 'zod';
import { expectRegularFile } from '../file/index.js';

/** Results of thousands of epochs take a few megabytes. */
const LARGEST_JSON = 256 * 2 ** 20;

/** Writes a value as indented JSON, whole or not at all. */
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
 * Looks whether what a file says has the form that it was written in.
 *
 * @param hint what to do about one that has not
 * @throws DistillError code `data` that names the first field that is wrong
 */
export function inForm<Form>(where: string, schema: z.ZodType<Form>, value: unknown, hint: string): Form {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const expected = 'the file as it was written';
  throw new DistillError({ code: 'data', where, expected, got: firstIssue(error), hint });
}

/** What is wrong in the first place, with the path to it. */
export function firstIssue({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? 'content' : path}: ${issue?.message ?? 'another form'}`;
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
    // Where a file was given for its folder, there is none in it.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const got = code === 'EISDIR' ? 'a folder' : message;
    throw new DistillError({ code: 'data', where: file, expected: 'a readable file', got, hint, cause });
  }
}
