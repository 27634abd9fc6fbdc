import { link, readFile, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CheckpointStore } from '@distilljs/core';
import { DistillError } from '@distilljs/core';
import { makeFolderAt } from './places.js';
import { beginningOf, startOf } from './process-start.js';

/** The process that works in a run folder: the content of its `lock.json`. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When it began, ISO 8601. */
  readonly since: string;
  /** The attempt, from 1: one more than the take-overs from processes that did not end properly. */
  readonly attempt: number;
  /** Distinguishes the process from others with the same id; omitted where the system does not tell. */
  readonly start?: string | undefined;
}

/** Name of the lock file in a run folder. */
export const LOCK = 'lock.json';

/** Attempts to take over a stale lock, 20 ms each, which together last longer than {@link CLAIM_AGE}: others may try too. */
const MOST_ATTEMPTS = 600;

/** Locks of this process, by folder. */
const held = new Map<string, Holder>();

export interface LockOptions {
  readonly takesOver?: boolean | undefined;
  readonly patience?: number | undefined;
}

/**
 * Makes this process the only one that works in a run folder, until it calls the returned function. The folder is created if it is
 * missing, and removed again if it stays empty.
 *
 * The lock of a process on this machine that has ended is taken over. Whether a process on another machine still lives cannot be
 * known here: its lock stays, unless the caller knows better.
 * @param what the kind of folder
 * @param takesOver take over the lock of another machine too: its process has ended, or will notice through {@link expectHeld}
 * @param patience milliseconds to wait for a process on this machine, which may be about to end
 * @throws DistillError code `config` while another process works there, `data` where no folder can be made
 */
export async function lockFolder(
  root: string,
  what: 'run folder' | 'folder of a training' | 'folder of an export' = 'run folder',
  { takesOver = false, patience = 0 }: LockOptions = {},
): Promise<() => Promise<void>> {
  makeFolderAt(root, what);
  const file = join(root, LOCK);
  const start = await startOf(process.pid);
  let own: Holder = {
    ...{ pid: process.pid, host: hostname(), since: new Date().toISOString(), attempt: 1 },
    ...(start !== undefined && { start }),
  };
  const draft = `${file}.${own.host}-${own.pid}-${String(performance.now()).replace('.', '')}`;
  const began = performance.now();
  try {
    await writeLock(draft, own);
    for (let tries = 0; !(await place(draft, file)); tries++) {
      const holder = await readHolder(file);
      if (holder === undefined) continue;
      const isOver = takesOver && holder.host !== own.host;
      const isBusy = !isOver && (await isAtWork(holder));
      if (isBusy && holder.host === own.host && performance.now() - began < patience) {
        tries = 0;
        await setTimeout(100);
        continue;
      }
      if (tries > MOST_ATTEMPTS || isBusy) throw busy(root, what, holder);
      own = { ...own, attempt: Math.max(own.attempt, holder.attempt + 1) };
      await writeLock(draft, own);
      await removeStale(file, holder);
    }
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    // Removes a folder made in vain, e.g. on a full disk.
    await rmdir(root).catch(() => undefined);
    throw error;
  }
  await rm(draft, { force: true });
  held.set(root, own);
  return async () => {
    held.delete(root);
    if (isSame(await readHolder(file), own)) await unlink(file);
    // Succeeds only where a refusal left the folder empty.
    await rmdir(root).catch(() => undefined);
  };
}

/** Adds the path to errors: a write to a full disk fails without it. */
async function writeLock(file: string, holder: Holder): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path: file });
  }
}

const isSame = (a: Holder | undefined, b: Holder): boolean =>
  a?.pid === b.pid && a.host === b.host && a.since === b.since && a.attempt === b.attempt;

/**
 * Checks that this process still holds its lock, before it writes anything that others will read. A process that was suspended or
 * disconnected may have been taken for dead, and another attempt may have started or finished.
 *
 * @throws DistillError code `data` when the lock now belongs to another process, or is gone
 */
export async function expectHeld(root: string): Promise<void> {
  const own = held.get(root);
  if (own === undefined) return;
  const holder = await readHolder(join(root, LOCK));
  if (isSame(holder, own)) return;
  const by = holder === undefined ? 'is over' : `runs as process ${holder.pid} on ${holder.host}`;
  throw new DistillError({
    code: 'data',
    where: root,
    expected: `attempt ${own.attempt} to be the latest`,
    got: `one that ${by}`,
    hint: 'Another attempt took over, because this process seemed to have ended. It writes nothing more.',
  });
}

/** A checkpoint store that only the latest attempt at a training changes. */
export function heldStore(root: string, store: CheckpointStore): CheckpointStore {
  return {
    ...store,
    isGuarded: true,
    async write(name, bytes) {
      await expectHeld(root);
      await store.write(name, bytes);
    },
    async remove(name) {
      // Checkpoints after its own belong to a later attempt.
      await expectHeld(root);
      await store.remove(name);
    },
  };
}

/** The process that works on a training; undefined where none does, as far as this machine can tell. */
export async function lockHolder(root: string): Promise<Holder | undefined> {
  const holder = await readHolder(join(root, LOCK));
  return holder !== undefined && (await isAtWork(holder)) ? holder : undefined;
}

/** @throws DistillError code `config` while a process works on one of these trainings */
export async function expectIdle(trainings: readonly string[]): Promise<void> {
  for (const root of trainings) {
    const holder = await readHolder(join(root, LOCK));
    if (holder !== undefined && (await isAtWork(holder))) throw busy(root, 'folder of a training', holder);
  }
}

/** Puts the lock in place atomically, never over another one. @returns whether it succeeded */
async function place(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // The file system has no hard links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    await writeFile(file, await readFile(draft), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The holder of a lock; undefined where the lock is gone. An unreadable lock belongs to no process. */
async function readHolder(file: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, host, since, attempt = 1, start } = JSON.parse(text) as Partial<Holder>;
    if (Number.isSafeInteger(pid) && typeof host === 'string' && typeof since === 'string')
      return {
        ...{ pid: pid ?? 0, host, since, attempt: Number.isSafeInteger(attempt) ? attempt : 1 },
        ...(typeof start === 'string' && { start }),
      };
  } catch {
    // Cut off by a crash.
  }
  return { pid: 0, host: hostname(), since: 'unknown', attempt: 1 };
}

async function isAtWork({ pid, host, since, start }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid <= 0) return false;
  // Clocks may be changed; a process's start does not.
  const now = start === undefined ? undefined : await startOf(pid);
  if (now !== undefined) return now === start;
  // A restarted container has the same host name and process id as before.
  if (pid === process.pid) return !(Date.parse(since) < performance.timeOrigin - 1000);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // Process ids are reused: a process that started after the lock did not make it.
  const begun = await beginningOf(pid);
  return begun === undefined || begun <= Date.parse(since) + 1000;
}

/** A claim that is older than this, in milliseconds, was left by a crash. */
const CLAIM_AGE = 10_000;

/**
 * Removes a lock whose process has ended. Only one process at a time may, and it checks again first, so that none removes a lock
 * that another has just taken over.
 */
async function removeStale(file: string, stale: Holder): Promise<void> {
  const claim = `${file}.takeover`;
  try {
    await writeFile(claim, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = await stat(claim).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > CLAIM_AGE) await rm(claim, { force: true });
    await setTimeout(20);
    return;
  }
  try {
    if (isSame(await readHolder(file), stale)) await rm(file, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

const busy = (root: string, what: string, { pid, host, since }: Holder): DistillError =>
  new DistillError({
    code: 'config',
    where: root,
    expected: `a ${what} that no other process works in`,
    got: `one that process ${pid} on ${host} has worked in since ${since}`,
    hint: `Wait for it, or, if that process has ended, remove ${join(root, LOCK)}.`,
  });
