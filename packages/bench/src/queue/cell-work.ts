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

/** Starts the work of a job: `train RUN CELL` or `report RUN`. */
export type StartWork = (args: readonly string[], slot: number) => CellProcess;

/** A running job. */
export interface Underway {
  readonly process: CellProcess;
  isLost: boolean;
  /** Time of the last renewal of the lock. */
  renewed: number;
}

export interface WorkOptions {
  readonly connection: QueueConnection;
  /** Only run folders below it are accepted. */
  readonly root: string;
  readonly capability: Capability;
  /** Cells at a time. */
  readonly jobs: number;
  readonly start: StartWork;
  readonly say: (text: string) => void;
  /** Ends the worker: cells end after the current step, and return to the queue. */
  readonly signal: AbortSignal;
  /** Milliseconds of silence after which a worker loses its cells. */
  readonly lock: number;
}

/** Milliseconds before the next look at a cell that another process works on. */
const BUSY = 2000;

/**
 * A worker's handling of a job: trains the cell in a separate process, then adds the cells that waited for it.
 *
 * A cell is set aside after `attempts` consecutive starts without a finished epoch, whatever ended them: an error, a signal, or a
 * crashed machine. A cell that diverged is set aside at once.
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
      // After a suspension of this process, the end may be the first event that it receives.
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
    // A resumed run may have more cells.
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
      // Another worker might see the folder, but the queue cannot choose one.
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

/** Slots from 0, so that each concurrent training has its own GPU or CPUs. */
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

/** Caches a run's cells until its configuration changes: a large run has many, and every job needs them. */
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

/** Time and size of a run's config.json and a study's run.json. */
async function stampOf(folder: string): Promise<string> {
  const files = [runFolder(folder).config, studyFolder(folder).file];
  const found = await Promise.all(files.map(async (file) => await stat(file).catch(() => undefined)));
  return found.map((each) => (each === undefined ? '' : `${each.mtimeMs} ${each.size}`)).join();
}
