import { DistillError, nearestNameHint } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';

/** One training of a run: what a process, or a machine, does by itself. */
export type Cell = { readonly kind: 'teacher' } | StudentCell;

/** One method with one seed. */
export interface StudentCell {
  readonly kind: 'student';
  /** As the configuration calls it (`as`). */
  readonly method: string;
  readonly seed: number;
}

/**
 * All trainings of a run, in the order of their work: the teacher, then every method with the first seed, and so on, so that
 * a run that is stopped early has compared all methods on some seeds.
 */
export function cellsOf({ methods, seeds }: Pick<RunConfig, 'methods' | 'seeds'>): readonly Cell[] {
  const students = seeds.flatMap((seed) =>
    methods.map(({ as }): Cell => ({ kind: 'student', method: as, seed })),
  );
  return [{ kind: 'teacher' }, ...students];
}

/** `teacher`, or `METHOD/SEED`: also the cell's folder within the run's. */
export const cellName = (cell: Cell): string =>
  cell.kind === 'teacher' ? 'teacher' : `${cell.method}/${cell.seed}`;

export const cellFolder = (folder: RunFolder, cell: Cell): TrainingFolder =>
  cell.kind === 'teacher' ? folder.teacher : folder.student(cell.method, cell.seed);

/** @throws DistillError code `config` for a name that no cell of the run has */
export function findCell(config: RunConfig, name: string): Cell {
  const cells = cellsOf(config);
  const found = cells.find((cell) => cellName(cell) === name);
  if (found !== undefined) return found;
  throw new DistillError({
    code: 'config',
    where: 'cell',
    expected: 'teacher, or METHOD/SEED of a method and a seed of the run',
    got: `'${name}'`,
    hint: nearestNameHint(name, cells.map(cellName)),
  });
}
