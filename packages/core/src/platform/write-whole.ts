import { expectOption } from '../option/index.js';
import { nodeModule } from './node-module.js';
import { givenPath } from './path.js';

/** Ending of files that a crash left half written. */
export const UNFINISHED = '.unfinished';

/**
 * Makes a folder and those that it lies in (Node). `mkdir` of Node does not return under a file system such as `/proc`, which
 * says that a folder is missing whenever one is made.
 *
 * @throws what the system says, for instance where a file is in the way; DistillError code `option` for what is no path
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
    // Another process may have made it meanwhile.
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Writes a file whole or not at all (Node): beside it under a name of its own, flushed to disk, then renamed over what
 * was there, and its folder flushed too. After a crash there is the old file or the new one, and at worst a
 * `FILE.PID-N.unfinished` beside it. Folders that the path names are made. A device, a pipe or a link is written to as it is.
 *
 * @throws what the system says, always with the path; DistillError code `option` for what is no path or content
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
  // A device would be replaced by a file, for everyone on the machine; a link leads to where somebody wants it.
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

/** A full disk is found in the middle of a write, whose error does not know the file. */
export async function naming<Value>(file: string, writing: Promise<Value>): Promise<Value> {
  try {
    return await writing;
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path: file }) : error;
  }
}

/** Two machines that share a folder may have processes of one number. */
const drawn = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

/** Flushes a folder's list of files to disk: a rename is there after a crash only when this is. */
export async function syncFolder(folder: string): Promise<void> {
  const fs = nodeModule('node:fs/promises', `writing ${folder}`);
  // Some file systems have no way to do it.
  const handle = await fs.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
