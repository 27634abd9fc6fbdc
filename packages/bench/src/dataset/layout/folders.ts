import { existsSync, readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { dataError } from '../bytes/byte-stream.js';
import { byNumber } from '../bytes/find-files.js';
import { isLitter } from '../bytes/litter.js';
import { fileKind } from '../../file/index.js';

/** Whether a file of this name is an image, and not hidden. */
export const isImageName = (name: string): boolean =>
  /^[^.].*\.(?:jpe?g|jfif|png|gif|webp|bmp|tiff?|avif|hei[cf]|jxl)$/i.test(name);
/** Levels of folders searched for the root, the named one included. */
const DEEPEST = 4;
const MOST_FOLDERS = 500;

/**
 * The root folder of a dataset: the named folder, or the first below it that `isRoot` accepts.
 *
 * @param isRoot receives the names in a folder, in lower case
 * @param what for messages, e.g. `Tiny-ImageNet's folder (with train and val)`
 * @throws DistillError code `data`, listing what is there
 */
export function findRoot(dir: string, isRoot: (names: ReadonlySet<string>) => boolean, what: string): string {
  if (!existsSync(dir)) throw dataError(dir, what, 'no such folder', 'Check the path.');
  const kind = fileKind(statSync(dir));
  const unpack = 'That is a file: unpack it, and name the folder that comes out.';
  if (kind !== 'a folder') throw dataError(dir, what, kind, kind === 'a file' ? unpack : undefined);
  let folders = [dir];
  for (let depth = 0, looked = 0; depth < DEEPEST && looked < MOST_FOLDERS; depth++) {
    const below: string[] = [];
    for (const folder of folders.slice(0, MOST_FOLDERS - looked)) {
      const entries = listFolder(folder);
      if (isRoot(new Set(entries.map(({ name }) => name.toLowerCase())))) return folder;
      below.push(...foldersOf(entries).map((name) => join(folder, name)));
      looked++;
    }
    folders = below;
  }
  const names = listFolder(dir)
    .map(({ name }) => name)
    .sort(byNumber);
  const got =
    names.length === 0 ? 'an empty folder' : names.slice(0, 6).join(', ') + (names.length > 6 ? `, …` : '');
  throw dataError(dir, what, got, 'Name the folder of the set, or one above it.');
}

/** Path of the first entry with one of these names (in lower case), whatever its case; undefined where there is none. */
export function entryOf(folder: string, ...names: readonly string[]): string | undefined {
  const there = listFolder(folder).map(({ name }) => name);
  const found = names.map((wanted) => there.find((name) => name.toLowerCase() === wanted)).find(Boolean);
  return found === undefined ? undefined : join(folder, found);
}

/** Names of the images in a folder, in order; hidden files are skipped. */
export const imagesIn = (folder: string): readonly string[] =>
  listFolder(folder)
    .filter((entry) => !entry.isDirectory() && isImageName(entry.name))
    .map(({ name }) => name)
    .sort();

/** Names of the folders in a folder, in order of their code units, as Python's `sorted` has them. */
export const foldersIn = (folder: string): readonly string[] => foldersOf(listFolder(folder)).sort();

const foldersOf = (entries: readonly Dirent[]): string[] =>
  entries.filter((entry) => !entry.isFile() && !isLitter(entry.name)).map(({ name }) => name);

/** @throws DistillError code `data` for one that cannot be read */
function listFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isFile() || entry.isDirectory() || entry.isSymbolicLink(),
    );
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // A link to a file is not a folder; neither is a circular link.
    if (code === 'ENOTDIR' || code === 'ENOENT' || code === 'ELOOP') return [];
    throw dataError(
      folder,
      'a folder that can be read',
      String(code),
      'Check the permissions of the folder.',
    );
  }
}
