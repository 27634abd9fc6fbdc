import { availableParallelism } from 'node:os';
import { DistillError } from '@distilljs/core';
import { cellName } from '../run/cells.js';
import type { Cell, MatrixCell } from '../run/cells.js';
import type { CellProcesses, ProcessEnd } from './cell-process.js';
import { scheduleOf } from './schedule.js';

/** How a cell ended. */
export interface CellOutcome extends Omit<ProcessEnd, 'state'> {
  readonly cell: Cell;
  /** `blocked`: a prerequisite is not done and will not be. */
  readonly state: ProcessEnd['state'] | 'blocked';
}

/** Receives events, for a display. */
export interface CellsWatcher {
  /** @param share of the cell's work, from 0 to 1 */
  progress(cell: Cell, share: number): void;
  say(text: string): void;
  /** @param again true when a failed cell will be tried once more */
  ended(outcome: CellOutcome, again: boolean): void;
}

export interface CellsOptions {
  /** The run folder. */
  readonly root: string;
  /** Trainings at a time. */
  readonly jobs: number;
  readonly processes: CellProcesses;
  /** Numbers of the GPUs, one training each; empty where CPUs do the work. */
  readonly gpus: readonly string[];
  readonly watcher: CellsWatcher;
  readonly signal: AbortSignal;
}

/** Environment variable that tells a training process how many trainings share the machine. */
export const AT_A_TIME = 'DISTILLJS_TRAININGS_AT_A_TIME';

/** A process that fails, or that another program stops, is tried this often. */
const ATTEMPTS = 2;

/**
 * Trains cells in separate processes, several at a time, each after its prerequisites. A failed cell is tried once more, and stops only
 * the cells that need it. Each process has a share of the CPUs, or its own GPU; a teacher that all others wait for has the whole
 * machine.
 *
 * When the signal is given, every process ends after its current step with its checkpoint saved.
 * @param cells the remaining cells in the wanted order; prerequisites outside the list are done
 * @returns an outcome per cell that was started, or that can never be
 */
export async function trainCells(
  cells: readonly MatrixCell[],
  options: CellsOptions,
): Promise<readonly CellOutcome[]> {
  const { jobs, signal, watcher, gpus } = options;
  const schedule = scheduleOf(cells);
  const attempts = new Map<string, number>();
  const outcomes: CellOutcome[] = [];
  const running = new Set<Promise<void>>();
  const slots = Array.from({ length: jobs }, (_, slot) => slot);

  const work = async (cell: MatrixCell, slot: number): Promise<void> => {
    const attempt = (attempts.get(cell.name) ?? 0) + 1;
    attempts.set(cell.name, attempt);
    const isAlone = cell.cell.kind === 'teacher' && running.size === 0 && !schedule.hasReady();
    const ended = await trainInProcess(cell.cell, options, deviceVariables(slot, isAlone ? 1 : jobs, gpus));
    const outcome: CellOutcome =
      ended.state === 'interrupted' && !signal.aborted
        ? { ...ended, state: 'failed', reason: 'another program stopped it' }
        : ended;
    const again = outcome.state === 'failed' && attempt < ATTEMPTS && !signal.aborted;
    watcher.ended(outcome, again);
    if (again) {
      schedule.again(cell);
      return;
    }
    outcomes.push(outcome);
    if (outcome.state === 'done') schedule.done(cell);
    else if (outcome.state !== 'interrupted') {
      for (const { cell: needing } of schedule.lost(cell)) {
        const blocked = { cell: needing, state: 'blocked', reason: `${cell.name} is not done` } as const;
        watcher.ended(blocked, false);
        outcomes.push(blocked);
      }
    }
  };

  for (;;) {
    while (slots.length > 0 && !signal.aborted) {
      const cell = schedule.take();
      if (cell === undefined) break;
      const slot = slots.shift() ?? 0;
      const one: Promise<void> = work(cell, slot).finally(() => {
        running.delete(one);
        slots.push(slot);
      });
      running.add(one);
    }
    if (running.size === 0) return outcomes;
    await Promise.race(running);
  }
}

/**
 * The environment variables that give a process its share of the machine. A variable that the user has set takes precedence.
 *
 * @param slot index of the process, from 0
 */
export function deviceVariables(
  slot: number,
  jobs: number,
  gpus: readonly string[],
): Readonly<Record<string, string>> {
  const atATime = { [AT_A_TIME]: String(jobs) };
  const gpu = gpus[slot];
  if (gpu !== undefined) return { ...atATime, CUDA_VISIBLE_DEVICES: gpu };
  const threads = String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const names = ['DISTILLJS_THREADS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'OMP_NUM_THREADS'];
  return { ...atATime, ...Object.fromEntries(names.map((name) => [name, process.env[name] ?? threads])) };
}

/** @throws DistillError code `config` when there are fewer GPUs than processes */
export function expectGpus(jobs: number, gpus: readonly string[]): void {
  if (gpus.length === 0 || jobs <= gpus.length) return;
  throw new DistillError({
    code: 'config',
    where: '--jobs',
    expected: `at most ${gpus.length}: each training has its own GPU`,
    got: String(jobs),
  });
}

async function trainInProcess(
  cell: Cell,
  { root, processes, watcher, signal }: CellsOptions,
  variables: Readonly<Record<string, string>>,
): Promise<CellOutcome> {
  const child = processes.start({
    args: ['train', root, cellName(cell)],
    variables,
    say: (text) => {
      watcher.say(text);
    },
    progress: (share) => {
      watcher.progress(cell, share);
    },
  });
  const stop = (): void => {
    child.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const outcome = await child.ended;
  signal.removeEventListener('abort', stop);
  return { cell, ...outcome };
}
