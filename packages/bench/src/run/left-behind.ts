import { lstat, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isTrainingFile, isRunFile, isTrainingFolder, isMadeByTraining } from './own-files.js';
import { removeOwn } from './replaced.js';

/*
 * What a killed process leaves: halves of files (`FILE.PID-N.unfinished`), halves of copied trainings (`FOLDER.PID.unfinished`),
 * replaced trainings (`FOLDER.PID-replaced.unfinished`), and locks not yet in place (`lock.json.HOST-PID-N`).
 */

const HALF = /^(.+)\.(\d+)(?:-(\d+|replaced))?\.unfinished$/;
const LOCK_HALF = /^lock\.json\.(.+)-(\d+)-\d+$/;

/** Removes what earlier attempts at a training left in its folder. Checkpoints are left to their store. Needs the training's lock. */
export async function tidyTraining(root: string): Promise<void> {
  for (const { path, target, pid } of await leftIn(root)) {
    const isOwn = target === undefined || (isTrainingFile(target) && !target.startsWith('checkpoint/'));
    if (isOwn && (await hasEnded(pid, join(root, path)))) await rm(join(root, path), { force: true });
  }
}

/** Removes what earlier processes left in a run folder, outside of its trainings. Needs the run's lock. */
export async function tidyRun(root: string): Promise<void> {
  for (const { path, target, pid, isReplaced } of await leftIn(root)) {
    const left = join(root, path);
    if (target === undefined ? path.includes('/') : !isRunFile(target) && !isTrainingFolder(target)) continue;
    if (!(await hasEnded(pid, left))) continue;
    if (!isReplaced || target === undefined) await rm(left, { recursive: true, force: true });
    else if ((await lstat(join(root, target)).catch(() => undefined)) === undefined)
      await rename(left, join(root, target));
    else await removeOwn(left, join(root, target), isMadeByTraining);
  }
}

interface Left {
  /** Path within the folder, with `/`. */
  readonly path: string;
  /** Path of what it would have become, or replaced; undefined for a lock. */
  readonly target: string | undefined;
  readonly pid: number;
  readonly isReplaced: boolean;
}

async function leftIn(root: string): Promise<readonly Left[]> {
  const found = await readdir(root, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const paths = found.map((path) => path.replaceAll('\\', '/'));
  return paths.flatMap((path): Left[] => {
    const [, target, pid, kind] = HALF.exec(path) ?? [];
    if (target !== undefined) return [{ path, target, pid: Number(pid), isReplaced: kind === 'replaced' }];
    const [, host, locking] = LOCK_HALF.exec(path.slice(path.lastIndexOf('/') + 1)) ?? [];
    // A process on another machine may be about to put its lock in place.
    if (host !== hostname()) return [];
    return [{ path, target: undefined, pid: Number(locking), isReplaced: false }];
  });
}

/** Whether no process of this machine may still be writing. A restarted container has the same process ids as before. */
async function hasEnded(pid: number, path: string): Promise<boolean> {
  if (pid === process.pid) {
    const written = await stat(path).catch(() => undefined);
    return written !== undefined && written.mtimeMs < performance.timeOrigin;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
