import { readFile, stat } from 'node:fs/promises';
import { DistillError } from '@distilljs/core';
import { cellFolder } from '../run/cells.js';
import type { MatrixCell } from '../run/cells.js';
import { readMatrix } from '../run/matrix.js';
import type { RunFolder, TrainingFolder } from '../run/run-folder.js';

/** A cell, and the run that it belongs to. */
export interface RunCell extends MatrixCell {
  readonly folder: RunFolder;
  /** The engine that its run was begun on. */
  readonly engine: string;
}

/** All cells of a run or a study, each behind those that it waits for. */
export interface RunCells {
  /** It is a race: not all of them will be trained. */
  readonly isRace: boolean;
  readonly all: readonly RunCell[];
  find(name: string): RunCell | undefined;
  /** The cells that wait for one, perhaps for others too. */
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

/** There may be very many: each is found at once. */
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

/** Where a cell lies. Made when it is asked for: there may be a million of them. */
export const placeOf = ({ folder, cell }: Pick<RunCell, 'folder' | 'cell'>): TrainingFolder =>
  cellFolder(folder, cell);

/** Whether a cell is done, without reading it: the result is written last. A queue asks thousands of times. */
export const hasResult = async (cell: RunCell): Promise<boolean> =>
  (await stat(placeOf(cell).result).catch(() => undefined)) !== undefined;

/** Finished epochs of a cell that is not done. */
export async function epochsOf(cell: RunCell): Promise<number> {
  const rows = await readFile(placeOf(cell).metrics, 'utf8').catch(() => '');
  return rows.split('\n').length - 1;
}
