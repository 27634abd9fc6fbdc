import { createHash, randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { DistillError } from '@distilljs/core';
import { z } from 'zod';
import { statsAt } from '../file/index.js';
import { firstIssue, readJson, writeJson } from '../run/write-json.js';
import type { Capability } from './connection.js';

/*
 * The queue holds only which cell of which run folder below the workers' root to train. No code, command or file comes from it.
 */

const uuid = z.uuid();
const cellJob = z.strictObject({
  version: z.literal(1),
  /** The run folder, relative to the root, with `/`. */
  run: z.string().min(1).max(1000),
  /** The id in the folder's `queue.json`, so that a worker whose root shows another folder notices. */
  id: uuid,
  /** Null for the report. */
  cell: z.string().min(1).max(500).nullable(),
  /** Attempts in a row without a finished epoch, after which the cell is set aside. */
  attempts: z.number().int().min(1).max(1000),
  /** Attempts so far since the last finished epoch. */
  begun: z.number().int().min(0).optional(),
  /** Epochs that were finished when the last attempt began. */
  epochs: z.number().int().min(0).optional(),
});

/** A job's data. */
export type CellJob = z.infer<typeof cellJob>;

/** @throws DistillError code `data` for data of another version or program */
export function parseCellJob(data: unknown): CellJob {
  const parsed = cellJob.safeParse(data);
  if (parsed.success) return parsed.data;
  const got = firstIssue(parsed.error);
  const hint = 'Submitter and workers need the same version of distill-bench.';
  throw new DistillError({ code: 'data', where: 'job', expected: 'a cell of a run', got, hint });
}

/** A run in the queue. */
export interface QueuedRun {
  /** Relative to the root. */
  readonly run: string;
  readonly id: string;
  /** Names the run's keys in Redis: two copies of a folder are two runs. */
  readonly key: string;
}

export const runKey = (run: string, id: string): string =>
  createHash('sha256').update(`${run}\n${id}`).digest('hex').slice(0, 20);

/** The job id of a cell, always the same, so that the queue holds the cell once. */
export const jobId = (key: string, cell: string | null): string => `${key}-${cell ?? '(report)'}`;

const SAME_ROOT = 'All --root must show the same shared folder: that of `submit` and that of each worker.';

const QUEUE_FILE = 'queue.json';
const queueFile = z.object({ id: uuid });

/**
 * Identifies a folder as a run of the queue.
 *
 * @param isNew gives the folder an identity if it has none
 * @throws DistillError code `config` for a folder that is not below the root, or that has no identity and gets none
 */
export async function identifyRun(folder: string, root: string, isNew: boolean): Promise<QueuedRun> {
  const run = pathBelow(folder, root);
  const file = join(folder, QUEUE_FILE);
  const known = queueFile.safeParse(await readJson(file, 'Remove the file, then submit again.'));
  if (known.success) return { run, id: known.data.id, key: runKey(run, known.data.id) };
  if (!isNew) {
    const hint = `Submit it first: distill-bench submit ${folder}.`;
    const expected = 'a run that was submitted to a queue';
    throw new DistillError({ code: 'config', where: folder, expected, got: 'one that was not', hint });
  }
  const id = randomUUID();
  await writeJson(file, { id });
  return { run, id, key: runKey(run, id) };
}

/**
 * A run folder's path below the root, with `/`.
 *
 * @throws DistillError code `config` for a folder that is not below the root
 */
export function pathBelow(folder: string, root: string): string {
  expectRoot(root);
  const run = relative(realOf(root), realOf(folder)).split(sep).join('/');
  if (run !== '' && run !== '..' && !run.startsWith('../') && resolve(run) !== run) return run;
  throw new DistillError({
    code: 'config',
    where: '--root',
    expected: `a folder above ${folder}`,
    got: root,
    hint: 'Workers train only what lies below the folder that their own --root names.',
  });
}

/** @throws DistillError code `config` for a root that is not a folder */
export function expectRoot(root: string): void {
  if (statsAt(root)?.isDirectory() === true) return;
  throw new DistillError({
    code: 'config',
    where: '--root',
    expected: 'an existing folder',
    got: root === '' ? 'nothing' : existsSync(root) ? `the file ${root}` : `${root}, which is not`,
    hint: SAME_ROOT,
  });
}

/**
 * The folder that a job means.
 *
 * @throws DistillError code `data` for a path that leads out of the root, also by a link, or a folder that is not the one submitted
 */
export async function folderOfJob({ run, id }: Pick<CellJob, 'run' | 'id'>, root: string): Promise<string> {
  const refuse = (expected: string, got: string, hint?: string): never => {
    throw new DistillError({ code: 'data', where: `job of ${run}`, expected, got, hint });
  };
  const parts = run.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\\\p{Cc}]/u.test(run))
    return refuse('a path below the root', 'one that leads elsewhere');
  const real = realOf(root);
  const folder = realOf(join(real, ...parts));
  if (!folder.startsWith(real.endsWith(sep) ? real : real + sep))
    return refuse('a path below the root', 'a link that leads elsewhere');
  const hint = SAME_ROOT;
  const known = queueFile.safeParse(await readJson(join(folder, QUEUE_FILE), hint));
  if (!known.success) return refuse('a submitted run folder', 'none at this place of this worker', hint);
  if (known.data.id !== id) return refuse('the run folder that was submitted', 'another at this place', hint);
  return folder;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: path,
      expected: 'a folder',
      got: 'none',
      hint: SAME_ROOT,
      cause,
    });
  }
}

/** The queue for cells of an engine. */
export function capabilityOf(engine: string): Capability {
  if (engine === 'node-gpu' || engine === 'webgpu') return 'gpu';
  return engine === 'node' ? 'node' : 'wasm';
}
