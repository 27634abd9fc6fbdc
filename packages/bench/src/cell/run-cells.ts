import { readFile, stat } from 'node:fs/promises';
import { DistillError } from '@distilljs/core';
import { cellFolder, cellName, cellsOf } from '../run/cells.js';
import type { Cell } from '../run/cells.js';
import { runFolder } from '../run/run-folder.js';
import type { TrainingFolder } from '../run/run-folder.js';
import { readRun } from '../run/stored.js';

/** A cell, where it lies, and what it waits for. */
export interface RunCell {
  readonly name: string;
  readonly cell: Cell;
  readonly place: TrainingFolder;
  /** Names of the cells that have to be done before it. */
  readonly after: readonly string[];
  /** The engine that its run was begun on. */
  readonly engine: string;
}

/** All cells of a run, each behind those that it waits for. */
export interface RunCells {
  readonly all: readonly RunCell[];
  find(name: string): RunCell | undefined;
  /** The cells that wait for one, perhaps for others too. */
  waitingFor(name: string): readonly RunCell[];
}

/**
 * All cells of a run folder.
 *
 * @throws DistillError code `config` for a folder without a run
 */
export async function readRunCells(root: string): Promise<RunCells> {
  const folder = runFolder(root);
  const run = await readRun(folder);
  if (run === undefined) {
    const hint = 'Make one with `distill-bench run --prepare`, which trains nothing.';
    throw new DistillError({ code: 'config', where: root, expected: 'a run folder', got: 'none', hint });
  }
  const engine = run.environment.engine.name;
  return indexed(
    cellsOf(run.config).map((cell) => ({
      name: cellName(cell),
      cell,
      place: cellFolder(folder, cell),
      after: cell.kind === 'teacher' ? [] : ['teacher'],
      engine,
    })),
  );
}

/** There may be very many: each is found at once. */
function indexed(all: readonly RunCell[]): RunCells {
  const byName = new Map(all.map((cell) => [cell.name, cell]));
  const waiting = new Map<string, RunCell[]>();
  for (const cell of all)
    for (const name of cell.after) {
      const others = waiting.get(name);
      if (others === undefined) waiting.set(name, [cell]);
      else others.push(cell);
    }
  return { all, find: (name) => byName.get(name), waitingFor: (name) => waiting.get(name) ?? [] };
}

/** Its result is written last. */
export const isCellDone = async ({ place }: Pick<RunCell, 'place'>): Promise<boolean> =>
  (await stat(place.result).catch(() => undefined)) !== undefined;

/** Finished epochs of a cell that is not done. */
export async function epochsOf({ place }: Pick<RunCell, 'place'>): Promise<number> {
  const rows = await readFile(place.metrics, 'utf8').catch(() => '');
  return rows.split('\n').length - 1;
}
