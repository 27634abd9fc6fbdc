import { stat } from 'node:fs/promises';
import type { RunConfig } from '../config/index.js';
import { cellFolder, cellsOf } from '../run/cells.js';
import type { Cell } from '../run/cells.js';
import type { RunFolder } from '../run/run-folder.js';
import { readMethodResult, readTeacherResult } from '../run/stored.js';
import { readText } from '../run/write-json.js';

/** A cell and how far it is. */
export interface CellState {
  readonly cell: Cell;
  readonly isDone: boolean;
  /** Epochs that a checkpoint may hold; 0 for a cell that is done or was never begun. */
  readonly epochs: number;
}

/** Every cell of a run, and how far it is. @param folder may not be there yet */
export async function cellStates(folder: RunFolder, config: RunConfig): Promise<readonly CellState[]> {
  return await Promise.all(
    cellsOf(config).map(async (cell): Promise<CellState> => {
      const place = cellFolder(folder, cell);
      const result =
        cell.kind === 'teacher'
          ? await readTeacherResult(place)
          : await readMethodResult(place, cell.method, cell.seed);
      const isDone = result !== undefined;
      const isBegun = !isDone && (await stat(place.checkpoint).catch(() => undefined)) !== undefined;
      const rows = isBegun ? ((await readText(place.metrics, 'Remove the file.')) ?? '') : '';
      return { cell, isDone, epochs: rows.split('\n').filter((line) => line !== '').length };
    }),
  );
}
