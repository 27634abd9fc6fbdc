import { stat } from 'node:fs/promises';
import type * as Bullmq from 'bullmq';
import type { CellProcess, ProcessEnd } from '../cell/cell-process.js';
import { epochsOf, hasResult, placeOf, readRunCells } from '../cell/run-cells.js';
import type { RunCells } from '../cell/run-cells.js';
import { lockHolder } from '../run/lock.js';
import { studyFolder } from '../run/matrix.js';
import { runFolder } from '../run/run-folder.js';
import { folderOfJob, parseCellJob, runKey } from './cell-job.js';
import type { CellJob } from './cell-job.js';
import type { Capability, QueueConnection } from './connection.js';
import { runState } from './run-state.js';

/** Starts what a job asks for: `train RUN CELL` or `report RUN`. */
export type StartWork = (args: readonly string[], slot: number) => CellProcess;

/** A job under way. */
export interface Underway {
  readonly process: CellProcess;
  isLost: boolean;
  /** When the lock was renewed last. */
  renewed: number;
}

export interface WorkOptions {
  readonly connection: QueueConnection;
  /** Only run folders below it are worked at. */
  readonly root: string;
  readonly capability: Capability;
  /** Cells at a time. */
  readonly jobs: number;
  readonly start: StartWork;
  readonly say: (text: string) => void;
  /** Ends the worker: cells end after the step under way, and go back into the queue. */
  readonly signal: AbortSignal;
  /** A worker that is not heard of for so long, in milliseconds, has lost its cells. */
  readonly lock: number;
}

/** Before the next look at a cell that another process works at, in milliseconds. */
const BUSY = 2000;

/**
 * What a worker does with a job: trains the cell in a process of its own, then adds what waited for it.
 *
 * A cell is set aside when it began so many times in a row without finishing an epoch, whatever ended it: an error, a signal, or a
 * machine that went down with it. One whose numbers diverged is set aside at once.
 */
export function jobWork(options: WorkOptions, underway: Map<string, Underway>) {
  const { connection, root, capability, say, signal } = options;
  const { UnrecoverableError, WaitingError, DelayedError } = connection.bullmq;
  const cellsOfRun = rememberedCells();
  const slots = freeSlots(options.jobs);

  const run = async (id: string, args: readonly string[]): Promise<ProcessEnd & { isLost: boolean }> => {
    const slot = slots.take();
    const job: Underway = { process: options.start(args, slot), isLost: false, renewed: Date.now() };
    underway.set(id, job);
    if (signal.aborted) job.process.stop();
    try {
      const end = await job.process.ended;
      // This process may have stood still, and the end is the first that it hears.
      return { ...end, isLost: job.isLost || Date.now() - job.renewed > options.lock };
    } finally {
      if (underway.get(id) === job) underway.delete(id);
      slots.give(slot);
    }
  };

  const findCell = async (folder: string, name: string | null) => {
    const known = await cellsOfRun(folder);
    if (name === null) return { cells: known, cell: undefined };
    const found = known.find(name);
    if (found !== undefined) return { cells: known, cell: found };
    // A run that was gone on with may have more of them.
    const cells = await readRunCells(folder);
    return { cells, cell: cells.find(name) };
  };

  return async (job: Bullmq.Job, token = ''): Promise<void> => {
    const giveBack = async (): Promise<never> => {
      await job.moveToWait(token);
      throw new WaitingError();
    };
    if (signal.aborted) return await giveBack();
    const { id = '' } = job;
    let data: CellJob;
    let folder: string;
    try {
      data = parseCellJob(job.data);
      folder = await folderOfJob(data, root);
    } catch (error) {
      // Another worker may see what this one does not, but it cannot be told which.
      throw new UnrecoverableError(messageOf(error));
    }
    const queued = { run: data.run, id: data.id, key: runKey(data.run, data.id) };
    const state = runState(connection, queued, { capability, attempts: data.attempts });
    const label = `${data.cell ?? 'report'} of ${data.run}`;
    try {
      const { cells, cell } = await findCell(folder, data.cell);
      if (data.cell !== null && cell === undefined)
        throw new UnrecoverableError(`the run has no cell '${data.cell}'`);
      if (cell !== undefined && (await hasResult(cell))) {
        await state.done(cell, cells);
        return;
      }
      const aside = async (reason: string): Promise<never> => {
        if (cell !== undefined) await state.setAside(cell, reason, cells);
        say(`${label} is set aside: ${reason}`);
        throw new UnrecoverableError(reason);
      };
      const epochs = cell === undefined ? 0 : await epochsOf(cell);
      const begun = epochs > (data.epochs ?? 0) ? 1 : (data.begun ?? 0) + 1;
      if (begun > data.attempts) {
        const last = (job.failedReason as string | undefined) ?? 'its process or machine ended each time';
        return await aside(`begun ${data.attempts} times without a finished epoch: ${last}`);
      }
      await job.updateData({ ...data, begun, epochs });
      const args = cell === undefined ? ['report', folder] : ['train', folder, cell.name, '--take-over'];
      const { state: end, reason = '', isLost } = await run(id, args);
      if (isLost) throw new Error('the lock was lost');
      if (end === 'done') {
        if (cell !== undefined) await state.done(cell, cells);
        say(`${label} done`);
        return;
      }
      if (end === 'diverged') return await aside(reason);
      const uncounted = async (): Promise<void> => {
        await job.updateData({ ...data, begun: begun - 1, epochs });
      };
      if (end === 'interrupted') {
        await uncounted();
        say(`${label} goes back into the queue`);
        return await giveBack();
      }
      if (cell !== undefined && (await lockHolder(placeOf(cell).root)) !== undefined) {
        await uncounted();
        await job.moveToDelayed(Date.now() + BUSY, token);
        throw new DelayedError();
      }
      if (begun >= data.attempts && (cell === undefined || (await epochsOf(cell)) <= epochs))
        return await aside(reason);
      say(`${label} failed, and will be tried again: ${reason}`);
      throw new Error(reason);
    } finally {
      await state.close();
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Numbers from 0, so that each training at a time has its own GPU or processors. */
function freeSlots(count: number): { take(): number; give(slot: number): void } {
  const free = Array.from({ length: count }, (_, slot) => slot);
  return {
    take: () => free.shift() ?? 0,
    give(slot) {
      free.push(slot);
      free.sort((a, b) => a - b);
    },
  };
}

/** Runs whose cells are kept in memory. */
const KEPT = 8;

/** Reads a run's cells when its configuration changes: a large run has many, and they are asked for once a job. */
function rememberedCells(): (folder: string) => Promise<RunCells> {
  const known = new Map<string, { readonly stamp: string; readonly cells: Promise<RunCells> }>();
  return async (folder) => {
    const stamp = await stampOf(folder);
    const found = known.get(folder);
    if (found?.stamp === stamp) return await found.cells;
    const cells = readRunCells(folder);
    known.delete(folder);
    known.set(folder, { stamp, cells });
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    cells.catch(() => known.delete(folder));
    return await cells;
  };
}

/** Of a run its config.json, of a study its run.json. */
async function stampOf(folder: string): Promise<string> {
  const files = [runFolder(folder).config, studyFolder(folder).file];
  const found = await Promise.all(files.map(async (file) => await stat(file).catch(() => undefined)));
  return found.map((each) => (each === undefined ? '' : `${each.mtimeMs} ${each.size}`)).join();
}
