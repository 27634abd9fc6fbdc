import { readdirSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { shownText } from '@distilljs/core';
import { fileKind, statsAt } from '../file/index.js';
import { dataError } from './bytes/byte-stream.js';
import { isLitter } from './bytes/litter.js';
import { isImageName } from './layout/folders.js';

/** All image files of a class folder, in byte order. */
export function imagesBelow(folder: string, above: readonly (string | undefined)[]): readonly string[] {
  // A link may lead back to a folder above it.
  const place = placeOf(folder);
  if (place !== undefined && above.includes(place)) return [];
  const { folders, images } = contentOf(folder);
  return [
    ...images.map((name) => join(folder, name)),
    ...folders.flatMap((name) => imagesBelow(join(folder, name), [...above, place])),
  ];
}

/** Identifies a folder whatever its path; undefined where the file system gives no inode. */
export function placeOf(folder: string): string | undefined {
  const { ino, dev } = statSync(folder);
  return ino === 0 ? undefined : `${dev}:${ino}`;
}

/** Folders and image files of a folder, in byte order, without system litter. */
export function contentOf(folder: string): {
  readonly folders: readonly string[];
  readonly images: readonly string[];
} {
  const folders: string[] = [];
  const images: string[] = [];
  for (const entry of entriesOf(folder)) {
    if (isLitter(entry.name)) continue;
    if (isFolder(folder, entry)) folders.push(entry.name);
    else if (isImageName(entry.name)) images.push(entry.name);
  }
  return { folders: folders.sort(byBytes), images: images.sort(byBytes) };
}

/** @throws DistillError code `data` for a broken link that may stand for a folder: a class would silently be missing */
function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const path = join(folder, entry.name);
  const stats = statsAt(path);
  if (stats === undefined && !isImageName(entry.name)) {
    const hint = 'Mend or remove the link. If it stands for a class, the class would be missing.';
    throw dataError(path, 'a link to a folder of images', 'one that leads nowhere', hint);
  }
  return stats?.isDirectory() === true;
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what =
      code === 'ENOTDIR'
        ? kindAt(folder)
        : code === 'ENOENT'
          ? 'no such folder'
          : `one that cannot be read (${String(code)})`;
    const hint =
      what === 'a file' ? 'That is a file: unpack it, and name the folder that comes out.' : undefined;
    throw dataError(folder, 'a folder with one folder of images per class', what, hint);
  }
}

/** What a path is that is not a folder, or lies below a file. */
function kindAt(path: string): string {
  const stats = statsAt(path);
  return stats === undefined ? 'no such folder' : fileKind(stats);
}

/** Some of Apple's file systems store accents apart from their letters: both forms are the same name. */
export const plain = (name: string): string => name.normalize('NFC');
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export const listNames = (names: readonly string[]): string => {
  const shown = names
    .slice(0, 10)
    .map((name) => shownText(name, 60))
    .join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
};
