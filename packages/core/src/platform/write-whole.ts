import { expectOption } from '../option/index.js';
import { nodeModule } from './node-module.js';
import { givenPath } from './path.js';

/** Suffix of files that a crash left half written. */
export const UNFINISHED = '.unfinished';

/**
 * Makes a folder and its parents (Node). Node's recursive `mkdir` never returns in a file system such as
 * `/proc`, which reports a missing folder whenever one is made.
 *
 * @throws the system's error, for instance if a file is in the way; DistillError code `option` for an invalid
 *   path
 */
export function makeFolder(folder: string): void {
  givenPath('makeFolder', folder);
  const fs = nodeModule('node:fs', `making ${folder}`);
  if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = nodeModule('node:path', `making ${folder}`).dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Writes a file atomically (Node). The content goes to a temporary file beside it, is flushed to disk, and is
 * renamed over the old file; then the folder is flushed. A crash leaves the old file or the new one, and at
 * worst a `FILE.PID-N.unfinished` beside it. Missing folders are made. A device, pipe or link is written to
 * directly.
 *
 * @throws the system's error, always with the path; DistillError code `option` for an invalid path or content
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  givenPath('writeWhole', file);
  expectOption('writeWhole, content', content, (value) =>
    typeof value === 'string' || value instanceof Uint8Array ? undefined : 'a text or bytes',
  );
  const fs = nodeModule('node:fs/promises', `writing ${file}`);
  const folder = nodeModule('node:path', `writing ${file}`).dirname(file);
  makeFolder(folder);
  const there = await fs.lstat(file).catch(() => undefined);
  // A rename would replace a device by a file, for everyone on the machine, and a link by a copy.
  if (there !== undefined && !there.isFile() && !there.isDirectory())
    return naming(file, fs.writeFile(file, content));
  const unfinished = `${file}.${process.pid}-${drawn()}${UNFINISHED}`;
  try {
    await fs.writeFile(unfinished, content, { flag: 'wx', flush: true });
    await fs.rename(unfinished, file);
  } catch (error) {
    await fs.rm(unfinished, { force: true }).catch(() => undefined);
    return naming(file, Promise.reject(error as Error));
  }
  await syncFolder(folder);
}

/** Adds the file's path to a write error: the error of a full disk does not name the file. */
export async function naming<Value>(file: string, writing: Promise<Value>): Promise<Value> {
  try {
    return await writing;
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path: file }) : error;
  }
}

/** A random number: two machines that share a folder may have processes with the same id. */
const drawn = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

/** Flushes a folder's list of files to disk: only then does a rename survive a crash. */
export async function syncFolder(folder: string): Promise<void> {
  const fs = nodeModule('node:fs/promises', `writing ${folder}`);
  // Some file systems do not support this.
  const handle = await fs.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
