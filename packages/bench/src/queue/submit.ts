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
  /** A folder above the run folder that all workers see. Default: the run folder's parent. */
  readonly root?: string | undefined;
  /** Attempts in a row without a finished epoch, after which a cell is set aside. Default: 3. */
  readonly attempts?: number | undefined;
  /** The result of {@link cellsToSubmit}. Default: it is read. */
  readonly cells?: RunCells | undefined;
}

export interface Submitted {
  readonly cells: number;
  /** Cells that were already done. */
  readonly done: number;
  /** Cells that workers may start now; the others follow their prerequisites. */
  readonly ready: number;
  /** The queues of the cells. */
  readonly capabilities: readonly Capability[];
}

export const ATTEMPTS = 3;

/**
 * The cells of a run, checked for submission before a connection is made.
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
 * Puts a run's cells into the queue. It may be repeated at any time: finished and queued cells stay as they are, cells set aside are tried
 * again, and cells that a lost Redis forgot are added.
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
    // Cells finished meanwhile were removed from the list before they were added to it.
    const doneNow = await doneCells(left);
    for (const cell of left) if (doneNow.has(cell.name)) await state.done(cell, cells);
    await state.reportIfLast();
    return { cells: all.length, done: done.size, ready: ready.length, capabilities };
  } finally {
    await state.close();
  }
}

const PAGE = 500;

/** Removes jobs that were set aside, because their ids would block adding the cells again. */
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
