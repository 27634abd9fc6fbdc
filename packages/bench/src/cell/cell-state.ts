import { stat } from 'node:fs/promises';
import { cellFolder } from '../run/cells.js';
import type { Cell, MatrixCell } from '../run/cells.js';
import { runOf } from '../run/matrix.js';
import type { Matrix, PlannedRun } from '../run/matrix.js';
import type { RunFolder } from '../run/run-folder.js';
import { readMethodResult, readTeacherResult } from '../run/stored.js';
import { readTrial } from '../run/tuning.js';
import { readText } from '../run/write-json.js';

/** A cell and its progress. */
export interface CellState extends MatrixCell {
  readonly isDone: boolean;
  /** Finished epochs of an unfinished cell; 0 for a cell that is done or was never started. */
  readonly epochs: number;
}

/** Cells examined at a time: a process cannot open thousands of files. */
const AT_A_TIME = 64;

/** Every cell of a run or a study, with its progress. Folders need not exist yet. */
export async function cellStates(matrix: Matrix<PlannedRun>): Promise<readonly CellState[]> {
  const states: CellState[] = [];
  for (let at = 0; at < matrix.cells.length; at += AT_A_TIME) {
    const some = matrix.cells.slice(at, at + AT_A_TIME);
    states.push(...(await Promise.all(some.map((cell) => stateOf(cell, runOf(matrix, cell.cell).folder)))));
  }
  return states;
}

async function stateOf(cell: MatrixCell, folder: RunFolder): Promise<CellState> {
  const isDone = await isCellDone(folder, cell.cell);
  const { checkpoint, metrics } = cellFolder(folder, cell.cell);
  const isBegun = !isDone && (await stat(checkpoint).catch(() => undefined)) !== undefined;
  const rows = isBegun ? ((await readText(metrics, 'Remove the file.')) ?? '') : '';
  return { ...cell, isDone, epochs: rows.split('\n').filter((line) => line !== '').length };
}

/** @throws DistillError code `data` for a result that is damaged */
export const isCellDone = async (folder: RunFolder, cell: Cell): Promise<boolean> =>
  (await readCellResult(folder, cell)) !== undefined;

/**
 * The result of a cell; undefined where there is none yet.
 *
 * @throws DistillError code `data` for a damaged result, or another cell's
 */
export async function readCellResult(folder: RunFolder, cell: Cell): Promise<object | undefined> {
  const place = cellFolder(folder, cell);
  if (cell.kind === 'teacher') return await readTeacherResult(place);
  if (cell.kind === 'tune') return await readTrial(place, cell);
  return await readMethodResult(place, cell.method, cell.seed);
}
