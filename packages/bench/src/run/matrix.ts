import { join } from 'node:path';
import { DistillError, nearestNameHint } from '@distilljs/core';
import { z } from 'zod';
import { matrixCellsOf } from './cells.js';
import type { MatrixCell } from './cells.js';
import { runFolder } from './run-folder.js';
import type { RunFolder } from './run-folder.js';
import { readRun } from './stored.js';
import type { FoundRun } from './stored.js';
import { inForm, readJson, writeJson } from './write-json.js';

/*
 * A study compares methods on several tasks, each a pair of teacher and student on a dataset. Its folder:
 *
 * STUDY/run.json        the tasks, and the task whose teacher each one uses
 * STUDY/tasks/TASK/     a run folder like that of a single run
 * STUDY/report/         all tasks in one table
 */

/** Version of {@link StudyFile} as a file. */
const STUDY_SCHEMA = 1;

/** `run.json` of a study. */
export interface StudyFile {
  readonly schema: typeof STUDY_SCHEMA;
  readonly tasks: readonly StudyTask[];
}

export interface StudyTask {
  /** Also its folder below `tasks`. */
  readonly name: string;
  /** The earlier task that trains the same teacher; this task uses a copy. */
  readonly teacherOf?: string | undefined;
}

/** A run of a matrix: the only run, or a task of a study. */
export interface MatrixRun extends StudyTask {
  /** Empty for a run that is not part of a study. */
  readonly name: string;
  readonly folder: RunFolder;
  readonly run: FoundRun;
}

/** A run that need not have a folder yet. */
export type PlannedRun = Omit<MatrixRun, 'run'> & { readonly run: Pick<FoundRun, 'config'> };

/** The content of a folder: a single run, or a study of several. */
export interface Matrix<Run extends PlannedRun = MatrixRun> {
  readonly root: string;
  readonly isStudy: boolean;
  readonly runs: readonly Run[];
  /** All trainings, each after those that it needs. */
  readonly cells: readonly MatrixCell[];
}

/** Paths of a study. */
export const studyFolder = (root: string) => ({
  file: join(root, 'run.json'),
  report: join(root, 'report'),
  task: (name: string): string => join(root, 'tasks', name),
});

const HINT = 'Restore it from a copy, or use another folder.';

const studyFile = z.object({
  schema: z.literal(STUDY_SCHEMA),
  tasks: z
    .array(z.object({ name: z.string().regex(/^\w[\w.+-]*$/), teacherOf: z.string().optional() }))
    .min(1)
    .refine((tasks) => new Set(tasks.map(({ name }) => name)).size === tasks.length, 'two tasks of one name')
    .superRefine((tasks, context) => {
      const owners = tasks.flatMap(({ name, teacherOf }) => (teacherOf === undefined ? [name] : []));
      for (const [at, { teacherOf }] of tasks.entries()) {
        if (teacherOf === undefined || owners.includes(teacherOf)) continue;
        const message = `'${teacherOf}' is not a task that trains a teacher of its own`;
        context.addIssue({ code: 'custom', path: [at, 'teacherOf'], message });
      }
    }),
});

/**
 * The tasks of a study's folder; undefined where it holds none.
 *
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readStudy(root: string): Promise<StudyFile | undefined> {
  const { file } = studyFolder(root);
  const found = await readJson(file, HINT);
  const isOurs = typeof found === 'object' && found !== null && 'tasks' in found;
  if (!isOurs) return undefined;
  return inForm(file, studyFile, found, HINT);
}

export async function writeStudy(root: string, tasks: readonly StudyTask[]): Promise<void> {
  await writeJson(studyFolder(root).file, { schema: STUDY_SCHEMA, tasks } satisfies StudyFile);
}

/**
 * Reads the run or study in a folder, with all its trainings.
 *
 * @param only the task to read, where one is enough
 * @returns undefined for a folder without a run
 * @throws DistillError code `data` for a file that is damaged, or a task that is missing
 */
export async function readMatrix(root: string, only?: string): Promise<Matrix | undefined> {
  const study = await readStudy(root);
  if (study === undefined) {
    const folder = runFolder(root);
    const run = await readRun(folder);
    return run === undefined ? undefined : matrixOf(root, false, [{ name: '', folder, run }]);
  }
  const runs: MatrixRun[] = [];
  // For an unknown name all tasks are read, so that the error can list them.
  const isKnown = study.tasks.some(({ name }) => name === only);
  for (const task of study.tasks.filter(({ name }) => !isKnown || name === only)) {
    const folder = runFolder(studyFolder(root).task(task.name));
    const run = await readRun(folder);
    if (run === undefined) {
      const hint =
        'Give `distill-bench run` with the same configuration and --resume: it makes the folder again.';
      throw new DistillError({
        code: 'data',
        where: folder.root,
        expected: 'a run folder',
        got: 'none',
        hint,
      });
    }
    runs.push({ ...task, folder, run });
  }
  return matrixOf(root, true, runs);
}

export function matrixOf<Run extends PlannedRun>(
  root: string,
  isStudy: boolean,
  runs: readonly Run[],
): Matrix<Run> {
  const cells = runs.flatMap(({ name, teacherOf, run }) =>
    matrixCellsOf(run.config, isStudy ? name : undefined, teacherOf),
  );
  return { root, isStudy, runs, cells };
}

/** The run folders of a study; otherwise the folder itself. */
export async function runFoldersOf(root: string): Promise<readonly string[]> {
  const study = await readStudy(root);
  return study === undefined ? [root] : study.tasks.map(({ name }) => studyFolder(root).task(name));
}

/** The run that a cell belongs to. */
export function runOf<Run extends PlannedRun>(
  { runs, root }: Matrix<Run>,
  { task = '' }: MatrixCell['cell'],
): Run {
  const found = runs.find(({ name }) => name === task);
  if (found === undefined) throw new Error(`no task ${task} in ${root}`);
  return found;
}

/** @throws DistillError code `config` for a name that no cell has */
export function findCell({ cells, isStudy }: Pick<Matrix, 'cells' | 'isStudy'>, name: string): MatrixCell {
  const found = cells.find((cell) => cell.name === name);
  if (found !== undefined) return found;
  const task = isStudy ? 'TASK/' : '';
  throw new DistillError({
    code: 'config',
    where: 'cell',
    expected: `${task}teacher, or ${task}METHOD/SEED of a method and a seed of the run`,
    got: `'${name}'`,
    hint: nearestNameHint(
      name,
      cells.map((cell) => cell.name),
    ),
  });
}
