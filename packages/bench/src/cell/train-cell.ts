import { DistillError } from '@distilljs/core';
import { cellFolder } from '../run/cells.js';
import type { LockOptions } from '../run/lock.js';
import { findCell, readMatrix, runOf, studyFolder } from '../run/matrix.js';
import { atCell, provideCell } from '../run/train-students.js';
import { runFolder } from '../run/run-folder.js';
import { copyTeacher } from '../run/shared-teacher.js';
import { isCellDone } from './cell-state.js';
import { preparedRuns } from './prepared-run.js';
import type { PreparedRuns, Surrounding } from './prepared-run.js';

export interface CellOptions extends LockOptions, Surrounding {
  /** State that a process keeps between cells; its surrounding then applies. Default: none. */
  readonly prepared?: PreparedRuns | undefined;
}

/**
 * Trains one cell of a run folder or a study: a teacher, a trial, or one method with one seed. A finished cell stays as it is, an
 * unfinished one continues from its checkpoint, and only one process can work on a cell. Any number of processes may work on different
 * cells.
 *
 * @param root a folder that `distill-bench run` made; its own configuration applies
 * @param name `teacher` or `METHOD/SEED`; in a study prefixed with the task
 * @returns false when the signal ended it
 * @throws DistillError code `config` for a folder without a run, a cell that the run does not have, a student before its teacher,
 * or a cell that another process works on; `data` when the images differ from those of the run
 */
export async function trainCell(root: string, name: string, options: CellOptions): Promise<boolean> {
  const matrix = await readMatrix(root, name.split('/')[0]);
  if (matrix === undefined) {
    const hint = 'Make one with `distill-bench run`, or with `run --prepare`, which trains nothing.';
    throw wrong(root, 'a run folder', 'none', hint);
  }
  const { cell, after } = findCell(matrix, name);
  const { folder, run, teacherOf } = runOf(matrix, cell);
  const place = cellFolder(folder, cell);
  if (cell.kind === 'teacher' && teacherOf !== undefined) {
    const owner = runFolder(studyFolder(root).task(teacherOf));
    await atCell(place, () => copyTeacher(owner.teacher, place), options);
    return true;
  }
  for (const before of after) {
    const needed = findCell(matrix, before).cell;
    if (await isCellDone(folder, needed)) continue;
    const hint = `Train it first: distill-bench train ${root} ${before}.`;
    const expected = needed.kind === 'teacher' ? 'a run whose teacher is trained' : `${before} to be done`;
    throw wrong(`${root}, ${name}`, expected, 'none yet', hint);
  }
  const runs = options.prepared ?? preparedRuns(options);
  const work = async (): Promise<boolean> => {
    const prepared = await runs.of(folder, run, cell.kind);
    if (prepared === undefined || cell.kind === 'teacher') return prepared !== undefined;
    return (await provideCell(cell, prepared.context, folder, prepared.teacher)) !== undefined;
  };
  try {
    return await atCell(place, work, options);
  } finally {
    if (options.prepared === undefined) runs.dispose();
  }
}

const wrong = (where: string, expected: string, got: string, hint: string): DistillError =>
  new DistillError({ code: 'config', where, expected, got, hint });
