import { existsSync, readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import { fileKind, statsAt } from '../../file/index.js';
import { dataError } from './byte-stream.js';
import { isLitter } from './litter.js';

/** Levels of folders searched below the named one; archives unpack two or three deep. */
const DEEPEST = 3;
/** Folders searched in all: nobody means the whole disk. */
const MOST_FOLDERS = 200;

/**
 * Files below a folder whose names fit, in numeric order. The search stops at the first level that has any, so `dir` may be the
 * files' folder or one above it.
 *
 * @param dir a folder; a file is returned as it is if its name fits
 * @param what names the files in messages, e.g. `SVHN's files (train_32x32.mat, …)`
 * @throws DistillError code `data` for a missing path, or where no file fits; it then lists what the folder holds
 */
export function findFiles(dir: string, fits: (name: string) => boolean, what: string): readonly string[] {
  let folders = [dir];
  const seen: string[] = [];
  if (kindOf(dir, what) === 'a file') {
    // One file given for several would be taken for each of them.
    if (fits(basename(dir))) return [dir];
    throw dataError(dir, what, 'a file with another name', 'Name the folder that holds them.');
  }
  for (let depth = 0, looked = 0; depth <= DEEPEST && folders.length > 0 && looked < MOST_FOLDERS; depth++) {
    const entries = folders.slice(0, MOST_FOLDERS - looked).flatMap((folder) => listed(folder, dir, what));
    looked += folders.length;
    seen.push(...(depth === 0 ? entries.map(({ name }) => name) : []));
    const found = entries.filter((entry) => isFile(entry) && fits(entry.name)).map(pathOf);
    if (found.length > 0) return found.sort(byNumber);
    folders = entries.filter((entry) => isFolder(entry)).map(pathOf);
  }
  const shown = seen.sort(byNumber).slice(0, 6).join(', ');
  const got =
    seen.length === 0 ? 'an empty folder' : seen.length > 6 ? `${shown} and ${seen.length - 6} more` : shown;
  throw dataError(dir, what, got, 'Name the folder that holds them, or one above it.');
}

/** `part-2` before `part-10`. */
export const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name);
// Symbolic links count as their targets.
const isFile = (entry: Dirent): boolean =>
  !isLitter(entry.name) &&
  (entry.isFile() || (entry.isSymbolicLink() && (statsAt(pathOf(entry))?.isFile() ?? false)));
const isFolder = (entry: Dirent): boolean =>
  !isLitter(entry.name) &&
  (entry.isDirectory() || (entry.isSymbolicLink() && (statsAt(pathOf(entry))?.isDirectory() ?? false)));

function kindOf(path: string, what: string): string {
  if (!existsSync(path)) throw dataError(path, what, 'no such file or folder', 'Check the path.');
  const kind = fileKind(statSync(path));
  if (kind === 'a file' || kind === 'a folder') return kind;
  throw dataError(path, what, kind);
}

function listed(folder: string, dir: string, what: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    if (folder !== dir) return [];
    throw dataError(dir, what, (cause as Error).message, 'Check the permissions of the folder.');
  }
}
