import { isDistillError } from '@distilljs/core';
import { CELL } from '../cell/cell-process.js';
import type { CellMessage, CellOrder } from '../cell/cell-process.js';
import { preparedRuns } from '../cell/prepared-run.js';
import { trainCell } from '../cell/train-cell.js';
import { AT_A_TIME } from '../cell/train-cells.js';
import type { RunLog } from '../run/run-context.js';
import { EXIT, collectSeldom, stopSignal } from './process.js';
import type { ExitCode } from './process.js';
import { terminalLog } from './output.js';

/**
 * `distill-bench train`. A process started by `run --jobs` or a worker reports to its parent instead of the terminal, and then trains
 * the further cells that the parent sends.
 */
export async function trainCommand(root: string, cell: string, takesOver: boolean): Promise<ExitCode> {
  collectSeldom();
  // Any program may start this with its own IPC channel, which this command must neither use nor close.
  const isChild = process.send !== undefined && process.env[AT_A_TIME] !== undefined;
  const parent = isChild ? toParent() : undefined;
  const log = parent === undefined ? terminalLog() : parentLog(parent.tell);
  const signal = stopSignal(parent === undefined ? log.say.bind(log) : () => undefined);
  // The lock's holder may be the child of a killed process, and ends after its step.
  const patience = parent === undefined ? 0 : PATIENCE;
  const prepared = preparedRuns({ log, signal, atATime: Number(process.env[AT_A_TIME] ?? 1) });
  const isRoomy = roomLeft();
  try {
    for (let next: string | undefined = cell; next !== undefined;) {
      if (!(await trainCell(root, next, { log, signal, takesOver, patience, prepared }))) {
        if (parent === undefined)
          log.say(`Stopped; everything done is in ${root}. Continue with the same command.`);
        return EXIT.interrupted;
      }
      next = parent !== undefined && isRoomy() ? await parent.next(signal) : undefined;
    }
    return EXIT.done;
  } catch (error) {
    if (isDistillError(error)) parent?.tell({ kind: 'failed', code: error.code, message: error.message });
    throw error;
  } finally {
    prepared.dispose();
  }
}

/** Milliseconds to wait for a cell's lock. */
const PATIENCE = 120_000;

/** Memory that a process may always hold, in bytes. */
const PLENTY = 2 ** 30;

/** Whether the process holds at most twice the memory that it held after its first cell. */
function roomLeft(): () => boolean {
  let first: number | undefined;
  return () => {
    const now = process.memoryUsage.rss();
    first ??= now;
    return now <= Math.max(PLENTY, 2 * first);
  };
}

type Tell = (message: CellMessage) => void;

interface Parent {
  readonly tell: Tell;
  /** Waits for another cell. @returns undefined where there is none, or the signal was given */
  next(signal: AbortSignal): Promise<string | undefined>;
}

function toParent(): Parent {
  // If the parent is killed, the training ends as after a SIGTERM, with its checkpoint saved.
  process.once('disconnect', () => process.emit('SIGTERM'));
  process.channel?.unref();
  const tell: Tell = (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  let lease: NodeJS.Timeout | undefined;
  let take: ((cell: string | undefined) => void) | undefined;
  process.on('message', (order: CellOrder) => {
    if (order.kind === 'next') take?.(order.args[CELL]);
    else if (order.kind === 'end') take?.(undefined);
    // A queue worker sends leases while it holds the cell's lock. When they stop, because the worker is suspended or has lost the
    // queue, another worker may start the cell: this training must end first.
    else if (take === undefined) {
      clearTimeout(lease);
      lease = setTimeout(() => process.emit('SIGTERM'), order.milliseconds).unref();
    }
  });
  return {
    tell,
    async next(signal) {
      clearTimeout(lease);
      const stop = (): void => take?.(undefined);
      // Nothing else keeps a waiting process alive.
      process.channel?.ref();
      signal.addEventListener('abort', stop);
      const cell = await new Promise<string | undefined>((resolve) => {
        take = (given) => {
          take = undefined;
          resolve(given);
        };
        if (signal.aborted) stop();
        else tell({ kind: 'done' });
      });
      signal.removeEventListener('abort', stop);
      process.channel?.unref();
      if (cell !== undefined) tell({ kind: 'begun' });
      return cell;
    },
  };
}

/** Milliseconds between two progress reports. */
const BETWEEN = 500;

function parentLog(tell: Tell): RunLog {
  let told = -Infinity;
  return {
    say(text) {
      tell({ kind: 'say', text });
    },
    progress: (label) => ({
      name: 'progress',
      step(_report, run) {
        if (performance.now() - told < BETWEEN) return;
        told = performance.now();
        tell({ kind: 'progress', share: run.done / run.total });
      },
      warn(message) {
        tell({ kind: 'say', text: `Warning: ${label}: ${message}` });
      },
    }),
  };
}
