import { isDistillError } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { cellFolder, cellsOf } from './cells.js';
import type { Cell } from './cells.js';
import { lockFolder } from './lock.js';
import type { LockOptions } from './lock.js';
import type { RunContext } from './run-context.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';
import { runRace } from './run-race.js';
import type { CellEnded, RaceClock } from './run-race.js';
import { readRun } from './stored.js';
import { provideStudent } from './train-student.js';
import type { RunTeacher } from './train-teacher.js';
import { provideTrial, tunedMethod } from './tuning.js';

/** A training whose numbers stopped being finite. */
export interface Divergence {
  readonly method: string;
  readonly seed: number;
  readonly error: DistillError;
}

/** Works at one training as the only process. @param options as {@link lockFolder} has them */
export async function atCell<T>(
  { root }: TrainingFolder,
  work: () => Promise<T>,
  options?: LockOptions,
): Promise<T> {
  const unlock = await lockFolder(root, 'folder of a training', options);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

/** The configuration of a race is that of its folder: whoever was in it before still is. */
export async function raceStudents(
  given: RunContext,
  folder: RunFolder,
  teacher: RunTeacher,
  clock: RaceClock,
): Promise<Divergence[] | undefined> {
  const context = { ...given, config: (await readRun(folder))?.config ?? given.config };
  const { config, data, log } = context;
  const diverged: Divergence[] = [];
  const train = async (cells: readonly Cell[], ended?: CellEnded): Promise<boolean> => {
    const found = await trainStudents(context, folder, teacher, cells, ended);
    diverged.push(...(found ?? []));
    return found !== undefined;
  };
  if (!(await train(cellsOf(config).filter(({ kind }) => kind === 'tune')))) return undefined;
  const isOver = await runRace({
    ...{ folder, config, clock, train, jobs: 1, validationImages: data.validation.size },
    say: log.say.bind(log),
  });
  return isOver ? diverged : undefined;
}

/**
 * @param ended called after each of the cells
 * @returns what diverged; undefined when the signal ended it
 */
export async function trainStudents(
  context: RunContext,
  folder: RunFolder,
  teacher: RunTeacher,
  cells: readonly Cell[],
  ended?: CellEnded,
): Promise<Divergence[] | undefined> {
  const { config, log } = context;
  const diverged: Divergence[] = [];
  for (const cell of cells) {
    const place = cellFolder(folder, cell);
    if (cell.kind === 'tune') {
      const tried = await atCell(place, () => provideTrial(cell, teacher, place, context));
      if (tried === undefined) return undefined;
    }
    const configured = config.methods.find(({ as }) => cell.kind === 'student' && as === cell.method);
    if (cell.kind !== 'student' || configured === undefined) continue;
    const { seed } = cell;
    try {
      const method = await tunedMethod(folder, config, configured);
      const result = await atCell(place, () => provideStudent(method, seed, teacher, place, context));
      if (result === undefined) return undefined;
      await ended?.();
    } catch (error) {
      if (!isDistillError(error) || error.code !== 'numeric') throw error;
      log.say(`${configured.as} seed ${seed} diverged, and is left out: ${error.message}`);
      diverged.push({ method: configured.as, seed, error });
      await ended?.(cell);
    }
  }
  return diverged;
}
