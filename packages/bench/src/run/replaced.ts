import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { directoryStore, UNFINISHED } from '@distilljs/core';
import { isMadeByRun, isMadeByTraining } from './own-files.js';

/*
 * Replacing old results by new ones. The new ones are in place before the old ones are removed. Files that no run made belong to the
 * user: they stay, or return to their place.
 */

/** Folders within a run folder that hold an overwritten run. */
export const REPLACED = /^replaced-\d+-[0-9a-z]+$/;

/** Makes an empty folder for an overwritten run, within the run folder. */
export async function makeAside(root: string): Promise<string> {
  const aside = join(root, `replaced-${process.pid}-${Date.now().toString(36)}`);
  await mkdir(aside);
  return aside;
}

/** Removes overwritten runs. A user's own files in their folders return to their places. */
export async function removeReplaced(root: string): Promise<void> {
  for (const entry of await readdir(root))
    if (REPLACED.test(entry)) await removeOwn(join(root, entry), root, isMadeByRun);
}

/** Removes checkpoints that are no longer needed, and their folder unless a user keeps something in it. */
export async function removeCheckpoints(folder: string): Promise<void> {
  const store = directoryStore(folder);
  for (const name of await store.list()) await store.remove(name);
  await rmdir(folder).catch(() => undefined);
}

/** Replaces a possibly unfinished training with a finished one, and keeps a user's own files in it. */
export async function replaceTraining(unfinished: string, target: string): Promise<void> {
  const aside = await swap(unfinished, target);
  if (aside !== undefined) await removeOwn(aside, target, isMadeByTraining);
}

/** Replaces a folder or file with another; the old one is removed last. */
export async function replace(unfinished: string, target: string): Promise<void> {
  const aside = await swap(unfinished, target);
  if (aside !== undefined) await rm(aside, { recursive: true, force: true });
}

/** @returns the new place of the old one; undefined where there was none */
async function swap(unfinished: string, target: string): Promise<string | undefined> {
  if ((await lstat(target).catch(() => undefined)) === undefined) {
    await rename(unfinished, target);
    return undefined;
  }
  const aside = `${target}.${process.pid}-replaced${UNFINISHED}`;
  await rename(target, aside);
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
  return aside;
}

/**
 * Removes a run's own files, and moves all others.
 *
 * @param to the folder that files move to, at the same path; a file never replaces an existing one, and then stays where it is
 * @param isOwn receives a path with `/`
 */
export async function removeOwn(from: string, to: string, isOwn: (path: string) => boolean): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    // Another training of this run ended at the same time and removed it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const paths = entries.map((entry) => ({
    isFolder: entry.isDirectory(),
    path: join(entry.parentPath, entry.name).slice(from.length + 1),
  }));
  for (const { path, isFolder } of paths) {
    if (isFolder) continue;
    if (isOwn(path.replaceAll('\\', '/'))) {
      await rm(join(from, path), { force: true });
      continue;
    }
    const place = join(to, path);
    if ((await lstat(place).catch(() => undefined)) !== undefined) continue;
    await mkdir(dirname(place), { recursive: true });
    await rename(join(from, path), place);
  }
  // The deepest first; a folder stays if a file in it could not be moved.
  const folders = paths.flatMap(({ path, isFolder }) => (isFolder ? [path] : []));
  for (const folder of [...folders.sort((a, b) => b.length - a.length), ''])
    await rmdir(join(from, folder)).catch(() => undefined);
}
