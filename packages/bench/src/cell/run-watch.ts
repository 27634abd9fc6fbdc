import { readFile, stat } from 'node:fs/promises';
import { lockHolder } from '../run/lock.js';
import { placeOf } from './run-cells.js';
import type { RunCell, RunCells } from './run-cells.js';

/** A training that a process works on. */
export interface RunningCell {
  readonly name: string;
  /** Finished epochs, over all phases. */
  readonly epochs: number;
  /** Validation accuracy after the last of them. */
  readonly accuracy: number | undefined;
  /** End of that epoch, or the start of the training; milliseconds since 1970. */
  readonly heard: number;
  readonly host: string;
  readonly pid: number;
}

/** The progress of a run, from its folder alone. */
export interface RunSnapshot {
  /** All; in a race, those that it might need. */
  readonly cells: number;
  readonly isRace: boolean;
  readonly done: number;
  readonly running: readonly RunningCell[];
  /** Cells that were started and not finished, and that no process works on. */
  readonly halfDone: number;
  /** The latest finished cells, newest first. */
  readonly latest: readonly { readonly name: string; readonly at: number }[];
  /** Rate over the last hour; undefined with fewer than three finished cells in it. */
  readonly cellsPerHour: number | undefined;
}

const HOUR = 3_600_000;
/** Cells examined at a time. */
const AT_ONCE = 200;
const LATEST = 5;

interface Known {
  /** Modification time of the cell's folder. */
  changed: number;
  isBegun: boolean;
  isRunning: boolean;
}

/**
 * Takes snapshots of a run repeatedly. Finished cells are not examined again, and an unchanged cell costs one look at its folder: a run
 * of ten thousand cells takes about a second.
 */
export function watchCells({ all, isRace }: RunCells): () => Promise<RunSnapshot> {
  const open = new Map<RunCell, Known>(
    all.map((cell) => [cell, { changed: -1, isBegun: false, isRunning: false }]),
  );
  const finished: { readonly name: string; readonly at: number }[] = [];

  const look = async (cell: RunCell, known: Known): Promise<RunningCell | undefined> => {
    const place = placeOf(cell);
    const folder = await stat(place.root).catch(() => undefined);
    if (folder === undefined) return undefined;
    // Creating results and locks changes the folder's modification time.
    if (folder.mtimeMs === known.changed && !known.isRunning) return undefined;
    const result = await stat(place.result).catch(() => undefined);
    if (result !== undefined) {
      open.delete(cell);
      finished.push({ name: cell.name, at: result.mtimeMs });
      return undefined;
    }
    const holder = await lockHolder(place.root);
    Object.assign(known, { changed: folder.mtimeMs, isBegun: true, isRunning: holder !== undefined });
    if (holder === undefined) return undefined;
    const { pid, host, since } = holder;
    return { name: cell.name, ...(await progressOf(cell, Date.parse(since))), host, pid };
  };

  return async () => {
    const running: RunningCell[] = [];
    const entries = [...open];
    for (let at = 0; at < entries.length; at += AT_ONCE) {
      const found = await Promise.all(
        entries.slice(at, at + AT_ONCE).map(async ([cell, known]) => await look(cell, known)),
      );
      running.push(...found.filter((each) => each !== undefined));
    }
    finished.sort((a, b) => b.at - a.at);
    const halfDone = [...open.values()].filter(({ isBegun, isRunning }) => isBegun && !isRunning).length;
    return {
      cells: all.length,
      isRace,
      done: finished.length,
      running,
      halfDone,
      latest: finished.slice(0, LATEST),
      cellsPerHour: paceOf(
        finished.map(({ at }) => at),
        open.size === 0 ? (finished[0]?.at ?? 0) : Date.now(),
      ),
    };
  };
}

/**
 * @param times newest first
 * @param until now; of a run that is done its last training, after which time no longer counts
 */
function paceOf(times: readonly number[], until: number): number | undefined {
  const recent = times.filter((time) => until - time < HOUR);
  const first = recent.at(-1);
  if (recent.length < 3 || first === undefined || first >= until) return undefined;
  return ((recent.length - 1) * HOUR) / (until - first);
}

async function progressOf(
  cell: RunCell,
  began: number,
): Promise<Pick<RunningCell, 'epochs' | 'accuracy' | 'heard'>> {
  const place = placeOf(cell);
  const [text, written] = await Promise.all([
    readFile(place.metrics, 'utf8').catch(() => ''),
    stat(place.metrics).catch(() => undefined),
  ]);
  const rows = text.split('\n').filter((line) => line !== '');
  const heard = Math.max(written?.mtimeMs ?? 0, Number.isFinite(began) ? began : 0);
  return { epochs: rows.length, accuracy: accuracyIn(rows.at(-1)), heard };
}

function accuracyIn(row: string | undefined): number | undefined {
  try {
    const { validation } = JSON.parse(row ?? 'null') as {
      readonly validation?: readonly { accuracy?: unknown }[];
    };
    const accuracy = validation?.[0]?.accuracy;
    return typeof accuracy === 'number' ? accuracy : undefined;
  } catch {
    // The last line is not completely written yet.
    return undefined;
  }
}
