import { DistillError, resolveEngine } from '@distilljs/core';
import { cellFolder } from '../run/cells.js';
import type { Cell } from '../run/cells.js';
import { dataFingerprints, loadRunData, loadTuningData } from '../run/datasets.js';
import { describeEnvironment, madeWith, mixWarnings } from '../run/environment.js';
import { loadForeign } from '../run/foreign-sources.js';
import { loadTeacher } from '../run/load-teacher.js';
import type { LockOptions } from '../run/lock.js';
import { findCell, readMatrix, runOf, studyFolder } from '../run/matrix.js';
import { expectSameData } from '../run/open-folder.js';
import { atCell } from '../run/train-students.js';
import type { RunContext, RunLog } from '../run/run-context.js';
import { runFolder } from '../run/run-folder.js';
import type { RunFolder } from '../run/run-folder.js';
import { copyTeacher } from '../run/shared-teacher.js';
import type { FoundRun } from '../run/stored.js';
import { provideStudent } from '../run/train-student.js';
import { provideTeacher } from '../run/train-teacher.js';
import { provideTrial, tunedMethod } from '../run/tuning.js';
import { isCellDone } from './cell-state.js';

export interface CellOptions extends LockOptions {
  readonly log: RunLog;
  /** Trainings that share the machine. Default: 1. */
  readonly atATime?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains one cell of a run folder or a study: a teacher, or one method with one seed. What is done stays as it is, what is half done goes
 * on from its checkpoint, and two processes cannot work at one cell. Any number of processes may work at different cells.
 *
 * @param root a folder that `distill-bench run` made; its own configuration counts
 * @param name `teacher` or `METHOD/SEED`; of a study with the task before it
 * @returns false when the signal ended it
 * @throws DistillError code `config` for a folder without a run, a cell that the run does not have, a student before its teacher
 * or a cell that is worked at; `data` when the images are others than those of the run
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
  if (cell.kind === 'teacher') {
    if (teacherOf === undefined)
      return await atCell(place, () => trainLocked(folder, run, cell, options), options);
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
  return await atCell(place, () => trainLocked(folder, run, cell, options), options);
}

async function trainLocked(
  folder: RunFolder,
  run: FoundRun,
  cell: Cell,
  { log, signal, atATime }: CellOptions,
): Promise<boolean> {
  const { config } = run;
  const environment = describeEnvironment(await resolveEngine(config.engine));
  await loadForeign(config);
  const data =
    cell.kind === 'tune'
      ? await loadTuningData(config, run.data, log, signal)
      : await loadRunData(config, log, signal);
  expectSameData(folder, run, dataFingerprints(data));
  const loaded = await loadTeacher(config, data, folder.teacher);
  const warnings = mixWarnings(run, environment);
  for (const warning of warnings) log.say(`Warning: ${warning}`);
  const made = madeWith(environment);
  const context: RunContext = { config, data, log, signal, madeWith: made, warnings, atATime };
  // How good the teacher is was said when it was trained.
  const quiet = { ...context, log: { ...log, say: () => undefined } };
  const teacher = await provideTeacher(cell.kind === 'teacher' ? context : quiet, folder.teacher, loaded);
  if (teacher === undefined) {
    loaded?.network.dispose();
    return false;
  }
  try {
    if (cell.kind === 'teacher') return true;
    const place = cellFolder(folder, cell);
    if (cell.kind === 'tune') return (await provideTrial(cell, teacher, place, context)) !== undefined;
    const configured = config.methods.find(({ as }) => as === cell.method);
    if (configured === undefined) throw new Error(`no method ${cell.method}`);
    const method = await tunedMethod(folder, config, configured);
    return (await provideStudent(method, cell.seed, teacher, place, context)) !== undefined;
  } finally {
    teacher.dispose();
  }
}

const wrong = (where: string, expected: string, got: string, hint: string): DistillError =>
  new DistillError({ code: 'config', where, expected, got, hint });
