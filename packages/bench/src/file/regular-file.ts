import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DistillError } from '@distilljs/core';
import type { DistillErrorCode } from '@distilljs/core';

/** Largest file that Node reads at once. */
const LARGEST_FILE = 2 ** 31 - 1;
/** Largest configuration file: a longer file is something else. */
const LARGEST_CONFIG = 16 * 2 ** 20;
/** Seconds to wait for a piped configuration. */
const PIPE_SECONDS = 60;

/** The kind of a file, in words. */
export function fileKind(stats: Stats): string {
  if (stats.isFile()) return 'a file';
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/**
 * The stats of a path; undefined where it leads nowhere: a missing entry, a broken or circular link, too long a name, a path below a
 * file.
 */
export function statsAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Why a path cannot be read, in words, by system error code. */
const REASONS = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'a path below a file'],
  ['EACCES', 'a place that this user may not read'],
  ['EPERM', 'a place that this user may not read'],
  ['ELOOP', 'a link in a circle'],
  ['ENAMETOOLONG', 'a name that is too long'],
]);

/** Why a path leads nowhere, in words; undefined where it leads somewhere. */
export function absenceAt(path: string): string | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (cause) {
    return reasonOf(cause);
  }
}

/** Why the file system refused a path, in words. */
export function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return REASONS.get(code ?? '') ?? message;
}

/**
 * Checks a path before reading: pipes and devices may never end.
 *
 * @param what for messages, e.g. `a data file`
 * @throws DistillError for anything but a regular file of at most `most` bytes
 */
export function expectRegularFile(
  path: string,
  what: string,
  code: DistillErrorCode,
  most = LARGEST_FILE,
): void {
  const stats = statOf(path, what, code);
  if (!stats.isFile()) throw new DistillError({ code, where: path, expected: what, got: fileKind(stats) });
  expectSize(path, stats.size, what, code, most);
}

/**
 * Reads the text of a configuration from a file, or from a pipe of the shell (`/dev/stdin`, process substitution).
 *
 * @throws DistillError code `config`
 */
export async function readConfigText(path: string): Promise<string> {
  const what = 'a configuration file, YAML or JSON';
  if (path.trim() === '')
    throw new DistillError({
      code: 'config',
      where: 'configuration',
      expected: `the path of ${what}`,
      got: `'${path}'`,
    });
  const stats = statOf(path, what, 'config');
  const isHandedOver = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/\d+)$/.test(path);
  const bytes =
    isHandedOver && (stats.isFIFO() || stats.isSocket())
      ? await readPipe(path, what)
      : await readWhole(path, what);
  return decoded(bytes, path, 'config');
}

/**
 * The text of a user's list, or file of names.
 *
 * @param what for messages, e.g. `a list of images`
 * @throws DistillError for anything but a regular file of at most `most` bytes, or for another encoding: all non-ASCII letters would
 *   become the same one, and classes could merge
 */
export function readDataText(
  path: string,
  what: string,
  most?: number,
  code: DistillErrorCode = 'data',
): string {
  expectRegularFile(path, what, code, most);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw unreadable(path, what, code, cause);
  }
  return decoded(bytes, path, code);
}

async function readWhole(path: string, what: string): Promise<Uint8Array> {
  expectRegularFile(path, what, 'config', LARGEST_CONFIG);
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, what, 'config', cause);
  }
}

async function readPipe(path: string, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = createReadStream(path);
  const timer = setTimeout(() => {
    const got = `a pipe that is still open after ${PIPE_SECONDS} s`;
    stream.destroy(new DistillError({ code: 'config', where: path, expected: what, got }));
  }, PIPE_SECONDS * 1000);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      expectSize(path, size, what, 'config', LARGEST_CONFIG);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}

/** Decodes UTF-8, or UTF-16 with a byte order mark, as some Windows programs write it. The mark is removed. */
function decoded(bytes: Uint8Array, path: string, code: DistillErrorCode): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const hint = 'Save it as UTF-8.';
    throw new DistillError({
      code,
      where: path,
      expected: 'text in UTF-8',
      got: 'other bytes',
      hint,
      cause,
    });
  }
}

function statOf(path: string, what: string, code: DistillErrorCode): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, what, code, cause);
  }
}

function unreadable(path: string, what: string, code: DistillErrorCode, cause: unknown): DistillError {
  return new DistillError({ code, where: path, expected: what, got: reasonOf(cause), cause });
}

function expectSize(path: string, size: number, what: string, code: DistillErrorCode, most: number): void {
  if (size <= most) return;
  const inMib = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;
  throw new DistillError({
    code,
    where: path,
    expected: `${what} of at most ${inMib(most)}`,
    got: `${inMib(size)} or more`,
  });
}
