import { dirname, resolve } from 'node:path';
import { expectNoRace, readRunCells } from '../cell/run-cells.js';
import type { RunCells } from '../cell/run-cells.js';
import { capabilityOf, identifyRun, pathBelow } from './cell-job.js';
import { openQueue } from './connection.js';
import type { Capability, QueueConnection } from './connection.js';
import { doneCells, runState } from './run-state.js';

export interface SubmitOptions {
  /** The run folder. */
  readonly folder: string;
  /** The folder that all workers see, above the run folder. Default: the folder that the run folder is in. */
  readonly root?: string | undefined;
  /** Attempts in a row without a finished epoch, after which a cell is set aside. Default: 3. */
  readonly attempts?: number | undefined;
  /** What {@link cellsToSubmit} read. Default: it is read. */
  readonly cells?: RunCells | undefined;
}

export interface Submitted {
  readonly cells: number;
  /** Cells that were done before. */
  readonly done: number;
  /** Cells that workers may begin now; the others follow those that they wait for. */
  readonly ready: number;
  /** The queues that they are in. */
  readonly capabilities: readonly Capability[];
}

export const ATTEMPTS = 3;

/**
 * The cells of a run that may be submitted: what is wrong with it needs no queue to be told.
 *
 * @throws DistillError code `config` for a folder without a run, or outside the root
 */
export async function cellsToSubmit(
  folder: string,
  root: string = dirname(resolve(folder)),
): Promise<RunCells> {
  const cells = await readRunCells(folder);
  expectNoRace(cells, folder);
  pathBelow(folder, root);
  return cells;
}

/**
 * Puts a run's cells into the queue. It may be repeated at any time: what is done or queued stays as it is, what was set aside is
 * tried again, and what a lost Redis forgot is added.
 *
 * @throws DistillError code `config` for a folder without a run, or outside the root
 */
export async function submitRun(
  connection: QueueConnection,
  { folder, root = dirname(resolve(folder)), attempts = ATTEMPTS, cells: given }: SubmitOptions,
): Promise<Submitted> {
  const cells = given ?? (await cellsToSubmit(folder, root));
  const queued = await identifyRun(folder, root, true);
  const { all } = cells;
  const capabilities = [...new Set(all.map(({ engine }) => capabilityOf(engine)))];
  const capability = capabilities[0] ?? 'wasm';
  const state = runState(connection, queued, { capability, attempts });
  try {
    const done = await doneCells(all);
    const left = all.filter(({ name }) => !done.has(name));
    for (const each of capabilities) await removeFailed(connection, each, queued.id);
    await state.begin(left, all.length);
    const ready = left.filter(({ after }) => after.every((name) => done.has(name)));
    await state.add(ready);
    // What was done in the meantime was taken from the list before it was put there.
    const doneNow = await doneCells(left);
    for (const cell of left) if (doneNow.has(cell.name)) await state.done(cell, cells);
    await state.reportIfLast();
    return { cells: all.length, done: done.size, ready: ready.length, capabilities };
  } finally {
    await state.close();
  }
}

const PAGE = 500;

/** Jobs that were set aside would keep their ids from being added again. */
async function removeFailed(connection: QueueConnection, capability: Capability, id: string): Promise<void> {
  const queue = openQueue(connection, capability);
  try {
    for (let from = 0; ;) {
      const jobs = await queue.getFailed(from, from + PAGE - 1);
      if (jobs.length === 0) return;
      const own = jobs.filter(({ data }) => (data as { readonly id?: unknown }).id === id);
      for (const job of own) await job.remove();
      from += jobs.length - own.length;
    }
  } finally {
    await queue.close();
  }
}
