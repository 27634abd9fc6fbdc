import { readFile, stat } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import type { EpochReport } from '@distilljs/core';
import { placeOf } from '../cell/run-cells.js';
import type { RunCell, RunCells } from '../cell/run-cells.js';
import { watchCells } from '../cell/run-watch.js';
import type { RunSnapshot } from '../cell/run-watch.js';

export type Progress = 'done' | 'running' | 'half done' | 'waiting';

/** A running training, with its logged epochs. */
export interface LiveTraining {
  readonly name: string;
  readonly epochs: readonly EpochReport[];
}

/** A run as it is now. */
export interface LiveState {
  readonly snapshot: RunSnapshot;
  /** Every cell, in working order; none where there are too many to show. */
  readonly cells: readonly { readonly name: string; readonly progress: Progress }[];
  readonly trainings: readonly LiveTraining[];
  /** Load of the machine that serves the page. */
  readonly machine: MachineUse;
  /** Files that could not be read, in sentences. */
  readonly faults: readonly string[];
}

export interface MachineUse {
  readonly processors: number;
  /** Processes that ran or waited, mean over a minute. */
  readonly load: number;
  readonly memoryBytes: number;
  readonly usedBytes: number;
}

/** Most cells that are drawn; more are only counted. */
const MOST_CELLS = 2000;
/** Trainings whose curves are drawn. */
const MOST_CURVES = 12;

/** Takes snapshots of a run repeatedly. It reads the folder and writes nothing. */
export function watchRun(cells: RunCells): () => Promise<Omit<LiveState, 'faults'>> {
  const look = watchCells(cells);
  const done = new Set<string>();
  return async () => {
    const snapshot = await look();
    const running = new Set(snapshot.running.map(({ name }) => name));
    const shown = cells.all.length > MOST_CELLS ? [] : cells.all;
    const states = await Promise.all(
      shown.map(async (cell) => ({ name: cell.name, progress: await progressOf(cell, running, done) })),
    );
    const trainings = await Promise.all(
      snapshot.running.slice(0, MOST_CURVES).map(async ({ name }): Promise<LiveTraining> => {
        const cell = cells.find(name);
        return { name, epochs: cell === undefined ? [] : await epochsOf(cell) };
      }),
    );
    return { snapshot, cells: states, trainings, machine: machineUse() };
  };
}

/** @param done cells known to be done, which are not examined again */
async function progressOf(cell: RunCell, running: ReadonlySet<string>, done: Set<string>): Promise<Progress> {
  if (done.has(cell.name)) return 'done';
  const place = placeOf(cell);
  if (await isThere(place.result)) {
    done.add(cell.name);
    return 'done';
  }
  if (running.has(cell.name)) return 'running';
  return (await isThere(place.metrics)) ? 'half done' : 'waiting';
}

const isThere = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined)) !== undefined;

async function epochsOf(cell: RunCell): Promise<readonly EpochReport[]> {
  const text = await readFile(placeOf(cell).metrics, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line): EpochReport[] => {
    try {
      const row = JSON.parse(line) as EpochReport;
      return Array.isArray(row.validation) ? [row] : [];
    } catch {
      // The last line is not completely written yet.
      return [];
    }
  });
}

function machineUse(): MachineUse {
  const memoryBytes = totalmem();
  return {
    processors: cpus().length,
    load: loadavg()[0] ?? 0,
    memoryBytes,
    usedBytes: memoryBytes - freemem(),
  };
}
