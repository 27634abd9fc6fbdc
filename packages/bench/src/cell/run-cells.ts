import { readFile, stat } from 'node:fs/promises';
import { DistillError } from '@distilljs/core';
import { cellFolder } from '../run/cells.js';
import type { MatrixCell } from '../run/cells.js';
import { readMatrix } from '../run/matrix.js';
import type { RunFolder, TrainingFolder } from '../run/run-folder.js';

/** A cell, and the run that it belongs to. */
export interface RunCell extends MatrixCell {
  readonly folder: RunFolder;
  /** The engine on which its run was started. */
  readonly engine: string;
}

/** All cells of a run or a study, each after its prerequisites. */
export interface RunCells {
  /** True for a race, which will not train all cells. */
  readonly isRace: boolean;
  readonly all: readonly RunCell[];
  find(name: string): RunCell | undefined;
  /** The cells that wait for this one, and perhaps for others. */
  waitingFor(name: string): readonly RunCell[];
}

/**
 * All cells of a folder.
 *
 * @throws DistillError code `config` for a folder without a run
 */
export async function readRunCells(root: string): Promise<RunCells> {
  const matrix = await readMatrix(root);
  if (matrix === undefined) {
    const hint = 'Make one with `distill-bench run --prepare`, which trains nothing.';
    throw new DistillError({ code: 'config', where: root, expected: 'a run folder', got: 'none', hint });
  }
  const runs = new Map(matrix.runs.map((each) => [each.name, each]));
  const isRace = matrix.runs.some(({ run }) => run.config.race !== undefined);
  return indexed(
    isRace,
    matrix.cells.flatMap((cell) => {
      const found = runs.get(cell.cell.task ?? '');
      if (found === undefined) return [];
      const engine = found.run.environment.engine.name;
      return [{ ...cell, folder: found.folder, engine }];
    }),
  );
}

/** @throws DistillError code `config` for a race, whose cells follow from each other's results */
export function expectNoRace({ isRace }: RunCells, root: string): void {
  if (!isRace) return;
  throw new DistillError({
    code: 'config',
    where: root,
    expected: 'a run whose trainings are known in advance',
    got: 'a race',
    hint: 'Which trainings it needs depends on earlier ones: `distill-bench run --jobs` trains several at a time.',
  });
}

/** Indexes the cells by name, because there may be very many. */
function indexed(isRace: boolean, all: readonly RunCell[]): RunCells {
  const byName = new Map(all.map((cell) => [cell.name, cell]));
  const waiting = new Map<string, RunCell[]>();
  for (const cell of all)
    for (const name of cell.after) {
      const others = waiting.get(name);
      if (others === undefined) waiting.set(name, [cell]);
      else others.push(cell);
    }
  return { isRace, all, find: (name) => byName.get(name), waitingFor: (name) => waiting.get(name) ?? [] };
}

/** The folder of a cell, computed on demand: there may be a million cells. */
export const placeOf = ({ folder, cell }: Pick<RunCell, 'folder' | 'cell'>): TrainingFolder =>
  cellFolder(folder, cell);

/** Whether a cell is done, without reading its result, which is written last. A queue checks this thousands of times. */
export const hasResult = async (cell: RunCell): Promise<boolean> =>
  (await stat(placeOf(cell).result).catch(() => undefined)) !== undefined;

/** Finished epochs of an unfinished cell. */
export async function epochsOf(cell: RunCell): Promise<number> {
  const rows = await readFile(placeOf(cell).metrics, 'utf8').catch(() => '');
  return rows.split('\n').length - 1;
}
