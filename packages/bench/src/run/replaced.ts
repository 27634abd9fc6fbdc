import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { directoryStore, UNFINISHED } from '@distilljs/core';
import { LOCK } from './lock.js';

/*
 * What makes room for something new. The new one stands before the old one is removed, and what no run made is the user's: it
 * stays, or comes back to where it was.
 */

/** Folders within a run folder that hold the run that was there before. */
export const REPLACED = /^replaced-\d+-[0-9a-z]+$/;

/** Makes an empty folder for a run that is overwritten, within its own. */
export async function makeAside(root: string): Promise<string> {
  const aside = join(root, `replaced-${process.pid}-${Date.now().toString(36)}`);
  await mkdir(aside);
  return aside;
}

/** Removes runs that were overwritten. A user's own files in their folders come back to where they were. */
export async function removeReplaced(root: string): Promise<void> {
  for (const entry of await readdir(root))
    if (REPLACED.test(entry)) await removeOwn(join(root, entry), root, ownOfRun);
}

/** Removes checkpoints that nobody goes on from, and their folder unless a user keeps something in it. */
export async function removeCheckpoints(folder: string): Promise<void> {
  const store = directoryStore(folder);
  for (const name of await store.list()) await store.remove(name);
  await rmdir(folder).catch(() => undefined);
}

/** Puts a finished training in the place of one that may be half done; a user's own files in there are kept. */
export async function replaceTraining(unfinished: string, target: string): Promise<void> {
  const aside = await swap(unfinished, target);
  if (aside !== undefined) await removeOwn(aside, target, ownOfTraining);
}

/** Puts a folder or file in the place of another, which is removed only then. */
export async function replace(unfinished: string, target: string): Promise<void> {
  const aside = await swap(unfinished, target);
  if (aside !== undefined) await rm(aside, { recursive: true, force: true });
}

/** @returns where the old one is now; undefined where there was none */
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

const OF_TRAINING =
  /^(?:(?:metrics|inspections)\.jsonl|(?:result|sources|corruptions)\.json|predictions(?:-\d+)?\.safetensors|(?:model|student)(?:-\d+)?\/(?:model\.json|weights\.bin)|checkpoint\/phase-\d+-epoch-\d+-step-\d+\.safetensors|outputs\/[^/]+\.(?:f32|json))$/;
const OF_REPORT =
  /^report\/(?:(?:index|explain)\.html|(?:report|metrics|explain)\.json|report\.(?:md|csv|tex)|seeds\.csv|plots\/[^/]+\.(?:svg|png)|tensorboard\/.+)$/;
const OF_RUN = /^(?:config|environment|data|race|run)\.json$/;
const TRAINING = /^(?:teacher|tune\/[^/]+\/\d+\/\d+|[^/]+\/\d+)\//;
/** A file that a crash left, or that tells who worked there. */
const PASSING = new RegExp(`${UNFINISHED.replace('.', '\\.')}$|(?:^|/)${LOCK.replace('.', '\\.')}[^/]*$`);

/** Whether a run or a study made the file of this path. */
function ownOfRun(path: string): boolean {
  const within = path.replace(/^tasks\/[^/]+\//, '');
  if (OF_RUN.test(within) || OF_REPORT.test(within) || PASSING.test(within)) return true;
  return TRAINING.test(within) && ownOfTraining(within.replace(TRAINING, ''));
}

/** Whether a training keeps a file of this path in its folder. */
export const isOfTraining = (path: string): boolean => OF_TRAINING.test(path);

const ownOfTraining = (path: string): boolean => isOfTraining(path) || PASSING.test(path);

/**
 * Removes what is a run's, and moves everything else.
 *
 * @param to where a file comes to, at the same path; one that is there keeps its place, and the other one stays where it is
 * @param isOwn of a path with `/` between its parts
 */
async function removeOwn(from: string, to: string, isOwn: (path: string) => boolean): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    // Another training of this run ended at the same time, and removed it.
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
  // The deepest first; one with a file that could not come back stays.
  const folders = paths.flatMap(({ path, isFolder }) => (isFolder ? [path] : []));
  for (const folder of [...folders.sort((a, b) => b.length - a.length), ''])
    await rmdir(join(from, folder)).catch(() => undefined);
}
