import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readRunCells } from '../cell/run-cells.js';
import { watchCells } from '../cell/run-watch.js';
import type { RunningCell, RunSnapshot } from '../cell/run-watch.js';
import { connectQueue, identifyRun, queueAddress, QUEUE_VARIABLE, watchQueue } from '../queue/index.js';
import type { QueueSnapshot } from '../queue/index.js';
import { figure } from '../report/index.js';
import { lockHolder } from '../run/lock.js';
import { durationText, terminalTable } from '../terminal/index.js';
import { EXIT, stopSignal } from './process.js';
import type { ExitCode } from './process.js';
import { print } from './output.js';

/** Flags of `distill-bench watch` as commander passes them. */
export interface WatchFlags {
  readonly queue?: string;
  readonly root?: string;
  readonly once?: true;
  readonly json?: true;
}

/** Milliseconds between two snapshots, and at least SHARE_OF_TIME times the duration of one. */
const BETWEEN = 2000;
const SHARE_OF_TIME = 5;

/**
 * `distill-bench watch`: shows the progress of a run until it is done. It reads the folder and the queue, and writes to neither. On a
 * terminal it redraws a table; elsewhere it writes a line when something changes.
 */
export async function watchCommand(
  folder: string,
  { queue, root, once, json }: WatchFlags,
): Promise<ExitCode> {
  const isQueued = queue !== undefined || process.env[QUEUE_VARIABLE] !== undefined;
  if (isQueued) queueAddress(queue);
  const cells = await readRunCells(folder);
  const above = root ?? dirname(resolve(folder));
  // Problems of the folder are reported before connecting.
  if (isQueued) await identifyRun(folder, above, false);
  const connection = isQueued ? await connectQueue(queue) : undefined;
  try {
    const ofQueue = connection === undefined ? undefined : await watchQueue(connection, folder, above, cells);
    const signal = stopSignal(() => undefined);
    const screen = drawing(process.stdout);
    const look = watchCells(cells);
    // A process that ends leaves cells undone that diverged, or that a race does not need.
    let wasLocked = false;
    while (!signal.aborted) {
      const began = performance.now();
      // Before the snapshot, which is then the last state of a run that has ended.
      const isLocked = (await lockHolder(folder)) !== undefined;
      const snapshot = await look();
      const queues = await ofQueue?.look();
      if (json === true) print(JSON.stringify({ ...snapshot, ...queues }, null, 2));
      else if (once === true || process.stdout.isTTY) screen(watchText(snapshot, queues));
      else screen([summaryText(snapshot, queues), ...unattended(queues)].join('\n'));
      const aside = Object.keys(queues?.aside ?? {}).length;
      const hasEnded = queues === undefined && wasLocked && !isLocked && snapshot.running.length === 0;
      wasLocked = isLocked;
      const isOver = hasEnded || (snapshot.done + aside >= snapshot.cells && queues?.isOpen !== true);
      if (once === true || json === true || isOver) {
        await ofQueue?.close();
        return aside > 0 ? EXIT.failed : EXIT.done;
      }
      const pause = Math.max(BETWEEN, SHARE_OF_TIME * (performance.now() - began));
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
    await ofQueue?.close();
    return EXIT.interrupted;
  } finally {
    await connection?.close();
  }
}

/** Redraws the text on a terminal; elsewhere writes it when it has changed. */
function drawing(stream: NodeJS.WriteStream): (text: string) => void {
  let before = '';
  return (text) => {
    if (text === before) return;
    const lines = before.split('\n').length;
    const up = stream.isTTY && before !== '' ? `\u001b[${lines}A\u001b[0J` : '';
    before = text;
    stream.write(`${up}${text}\n`);
  };
}

/** Most cells per list, so that the text fits a terminal. */
const MOST_ROWS = 12;

/** The snapshot as a table. */
export function watchText(snapshot: RunSnapshot, queue?: QueueSnapshot, now = Date.now()): string {
  const { running, latest } = snapshot;
  const ago = (at: number): string => `${durationText(Math.max(0, now - at) / 1000)} ago`;
  const row = ({ name, epochs, accuracy, heard, host, pid }: RunningCell): readonly string[] => [
    name,
    String(epochs),
    accuracy === undefined ? '' : `${(100 * accuracy).toFixed(2)} %`,
    ago(heard),
    `${host} (${pid})`,
  ];
  const columns = [
    { title: 'running' },
    { title: 'epochs', numeric: true },
    { title: 'validation', numeric: true },
    { title: 'heard of', numeric: true },
    { title: 'by' },
  ];
  const table = terminalTable(columns, running.slice(0, MOST_ROWS).map(row));
  const aside = Object.entries(queue?.aside ?? {});
  return [
    summaryText(snapshot, queue),
    ...(running.length === 0 ? [] : [table, ...more(running.length)]),
    ...Object.entries(queue?.queues ?? {}).map(
      ([name, { waiting, active, delayed, workers }]) =>
        `Queue ${name}: ${workers} workers, ${active} at work, ${waiting} waiting, ${delayed} waiting for another attempt`,
    ),
    ...unattended(queue),
    ...(latest.length === 0
      ? []
      : [`Latest: ${latest.map(({ name, at }) => `${name} (${ago(at)})`).join(', ')}`]),
    ...aside.slice(0, MOST_ROWS).map(([name, reason]) => `Set aside: ${name}: ${reason}`),
    ...more(aside.length),
  ].join('\n');
}

/** Queues with waiting cells and no worker. */
const unattended = (queue: QueueSnapshot | undefined): readonly string[] =>
  Object.entries(queue?.queues ?? {})
    .filter(([, { waiting, delayed, workers }]) => workers === 0 && waiting + delayed > 0)
    .map(([name, { waiting, delayed }]) => {
      const count = waiting + delayed;
      return `${count} ${count === 1 ? 'cell waits' : 'cells wait'} for a worker of queue ${name}: start \`distill-bench worker --capability ${name}\` on a machine that has it`;
    });

const more = (count: number): readonly string[] =>
  count > MOST_ROWS ? [`… and ${count - MOST_ROWS} more`] : [];

/** The snapshot in one line. */
export function summaryText(
  { cells, isRace, done, running, halfDone, cellsPerHour }: RunSnapshot,
  queue?: QueueSnapshot,
): string {
  const aside = Object.keys(queue?.aside ?? {}).length;
  const left = cells - done - running.length - aside;
  const eta = cellsPerHour === undefined ? '…' : durationText((3600 * (cells - done - aside)) / cellsPerHour);
  // A race drops methods.
  const most = isRace && left > 0 ? 'at most ' : '';
  return [
    `${done} of ${most}${cells} done`,
    `${running.length} running`,
    `${left} left${halfDone > 0 ? ` (${halfDone} half done)` : ''}`,
    ...(queue === undefined ? [] : [`${aside} set aside`]),
    ...(done + aside >= cells ? [] : [`ETA ${most}${eta}`]),
    ...(cellsPerHour === undefined ? [] : [`${figure(cellsPerHour, 3)} cells an hour`]),
  ].join(' | ');
}
