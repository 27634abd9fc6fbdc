import { allSeeds } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';

/** One training of a run or a study: a unit of work for one process. */
export type Cell = TeacherCell | StudentCell | TuningCell;

/** Fields of every cell. */
interface AnyCell {
  /** The task that it belongs to, in a study. */
  readonly task?: string | undefined;
}

export interface TeacherCell extends AnyCell {
  readonly kind: 'teacher';
}

/** One method with one seed. */
export interface StudentCell extends AnyCell {
  readonly kind: 'student';
  /** The method's name in the run (`as`). */
  readonly method: string;
  readonly seed: number;
}

/** One method with trial options, measured on the validation images. */
export interface TuningCell extends AnyCell {
  readonly kind: 'tune';
  readonly method: string;
  /** Index in the list of trials, from 0. */
  readonly trial: number;
  readonly seed: number;
}

/** A cell, and the names of the cells that must finish before it. */
export interface MatrixCell {
  readonly name: string;
  readonly cell: Cell;
  readonly after: readonly string[];
}

/**
 * `teacher`, `METHOD/SEED`, or `tune/METHOD/TRIAL/SEED`, which is also the cell's folder within the run folder. In a study the
 * task comes first: `TASK/METHOD/SEED`.
 */
export function cellName(cell: Cell): string {
  const own =
    cell.kind === 'teacher'
      ? 'teacher'
      : cell.kind === 'tune'
        ? `tune/${cell.method}/${cell.trial}/${cell.seed}`
        : `${cell.method}/${cell.seed}`;
  return cell.task === undefined ? own : `${cell.task}/${own}`;
}

/** A key that trainings of the same work share: the teacher's, a method's with any seed, or a trial's. */
export function workName(cell: Cell): string {
  if (cell.kind === 'teacher') return '';
  return cell.kind === 'tune' ? `${cell.method}/${cell.trial}` : cell.method;
}

/** @param folder the run's folder; in a study, the task's */
export function cellFolder(folder: RunFolder, cell: Cell): TrainingFolder {
  if (cell.kind === 'teacher') return folder.teacher;
  return cell.kind === 'tune'
    ? folder.trial(cell.method, cell.trial, cell.seed)
    : folder.student(cell.method, cell.seed);
}

/**
 * All trainings of a run in working order: the teacher, the trials, then every method with the first seed, and so on. A run that
 * stops early has thus compared all methods on some seeds. For a race: all trainings that it might need.
 */
export function cellsOf(config: CellsConfig): readonly Cell[] {
  return matrixCellsOf(config).map(({ cell }) => cell);
}

type CellsConfig = Pick<RunConfig, 'methods' | 'seeds' | 'race' | 'tune' | 'tuning'>;

/**
 * The same with the prerequisites of each cell: the teacher before everything else, a method's trials before the method.
 *
 * @param task the task, in a study
 * @param teacherOf the task whose teacher this one uses
 */
export function matrixCellsOf(
  { methods, seeds, race, tune = {}, tuning }: CellsConfig,
  task?: string,
  teacherOf?: string,
): readonly MatrixCell[] {
  const of = task === undefined ? {} : { task };
  const planned = (cell: Cell, after: readonly string[]): MatrixCell => ({
    name: cellName(cell),
    cell,
    after,
  });
  const shared = teacherOf === undefined ? [] : [cellName({ kind: 'teacher', task: teacherOf })];
  const teacher = planned({ ...of, kind: 'teacher' }, shared);
  const trials = new Map(
    methods.map(({ as }) => [
      as,
      (tune[as] ?? []).flatMap((_, trial) =>
        (tuning?.seeds ?? []).map((seed) =>
          planned({ ...of, kind: 'tune', method: as, trial, seed }, [teacher.name]),
        ),
      ),
    ]),
  );
  const before = new Map(
    [...trials].map(([as, cells]) => [
      as,
      cells.length === 0 ? [teacher.name] : cells.map(({ name }) => name),
    ]),
  );
  const students = allSeeds({ seeds, race }).flatMap((seed) =>
    methods.map(({ as }) =>
      planned({ ...of, kind: 'student', method: as, seed }, before.get(as) ?? [teacher.name]),
    ),
  );
  return [teacher, ...[...trials.values()].flat(), ...students];
}
