import { isDistillError } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { cellFolder, cellsOf } from './cells.js';
import type { Cell, StudentCell, TuningCell } from './cells.js';
import { tidyTraining } from './left-behind.js';
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

/** Runs `work` while no other process works on the training, without what killed ones left. @param options as for {@link lockFolder} */
export async function atCell<T>(
  { root }: TrainingFolder,
  work: () => Promise<T>,
  options?: LockOptions,
): Promise<T> {
  const unlock = await lockFolder(root, 'folder of a training', options);
  try {
    await tidyTraining(root);
    return await work();
  } finally {
    await unlock();
  }
}

/** A race uses the configuration in its folder, so that methods of an earlier start stay in it. */
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
 * @param ended called after each student
 * @returns the trainings that diverged; undefined when the signal ended the work
 */
export async function trainStudents(
  context: RunContext,
  folder: RunFolder,
  teacher: RunTeacher,
  cells: readonly Cell[],
  ended?: CellEnded,
): Promise<Divergence[] | undefined> {
  const { log } = context;
  const diverged: Divergence[] = [];
  for (const cell of cells) {
    if (cell.kind === 'teacher') continue;
    try {
      const result = await atCell(cellFolder(folder, cell), () =>
        provideCell(cell, context, folder, teacher),
      );
      if (result === undefined) return undefined;
      if (cell.kind === 'student') await ended?.();
    } catch (error) {
      if (!isDistillError(error) || error.code !== 'numeric' || cell.kind !== 'student') throw error;
      const { method, seed } = cell;
      log.say(`${method} seed ${seed} diverged, and is left out: ${error.message}`);
      diverged.push({ method, seed, error });
      await ended?.(cell);
    }
  }
  return diverged;
}

/** One student or trial, read if finished, else trained now. @returns undefined when the signal ended it */
export async function provideCell(
  cell: StudentCell | TuningCell,
  context: RunContext,
  folder: RunFolder,
  teacher: RunTeacher,
): Promise<object | undefined> {
  const { config } = context;
  const place = cellFolder(folder, cell);
  if (cell.kind === 'tune') return await provideTrial(cell, teacher, place, context);
  const configured = config.methods.find(({ as }) => as === cell.method);
  if (configured === undefined) throw new Error(`no method ${cell.method}`);
  const method = await tunedMethod(folder, config, configured);
  return await provideStudent(method, cell.seed, teacher, place, context);
}
